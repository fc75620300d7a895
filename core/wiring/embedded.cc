#include "core/wiring/embedded.h"

#include "core/adapters/sqlite/catalog.h"
#include "core/adapters/sqlite/stores.h"

#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

namespace cqrs::embedded {
namespace {

Status must_exist(const DataDir& dir) {
  std::error_code ignored;
  if (std::filesystem::exists(dir.write_db(), ignored)) return {};
  return make_error(ErrorCode::kNotFound,
                    "no data in " + dir.root + ": start a system there with cqrsctl up");
}

Status must_have_views(const DataDir& dir) {
  CQRS_TRY(must_exist(dir));
  std::error_code ignored;
  if (std::filesystem::exists(dir.catalog_db(), ignored)) return {};
  return make_error(ErrorCode::kNotFound,
                    dir.root + " has events and no views yet: cqrsctl up fills them");
}

// The number in "read-g12.db", or in the name of one of the files that SQLite keeps beside it.
std::optional<int> generation_of(std::string_view name) {
  constexpr std::string_view kStart = "read-g";
  if (!name.starts_with(kStart)) return std::nullopt;
  name.remove_prefix(kStart.size());
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  const bool ours = name == ".db" || name == ".db-wal" || name == ".db-shm";
  return error == std::errc() && ours ? std::optional<int>(number) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<WriteStore>> open_write_store(const DataDir& dir) {
  return sqlite::open_write_store(dir.write_db());
}

Result<std::unique_ptr<GenerationCatalog>> open_catalog(const DataDir& dir, Timestamp now) {
  return sqlite::open_catalog(dir.catalog_db(), now);
}

Result<std::unique_ptr<ProjectionStore>> open_projection(const DataDir& dir, int generation) {
  return sqlite::open_projection_store(dir.read_db(generation));
}

Status remove_generation(const DataDir& dir, int generation) {
  std::error_code error;
  // The log and its index first: a database file without them is whole, they without it are not.
  for (const char* suffix : {"-wal", "-shm", ""}) {
    std::filesystem::remove(dir.read_db(generation) + suffix, error);
    if (error) return file_error("remove", dir.read_db(generation) + suffix, error.value());
  }
  return {};
}

Result<std::vector<int>> remove_strays(const DataDir& dir, const std::vector<Generation>& known) {
  std::set<int> strays;
  std::error_code error;
  for (std::filesystem::directory_iterator at(dir.root, error), end; !error && at != end;
       at.increment(error)) {
    if (const auto number = generation_of(at->path().filename().string())) strays.insert(*number);
  }
  if (error) return file_error("list", dir.root, error.value());
  for (const auto& generation : known) strays.erase(generation.number);
  for (const int number : strays) CQRS_TRY(remove_generation(dir, number));
  return std::vector<int>(strays.begin(), strays.end());
}

Status install_write_store(const DataDir& from, const DataDir& to) {
  auto strays = remove_strays(to, {});
  if (!strays) return strays.error();
  std::error_code error;
  // Nothing that belongs to the old file may lie beside the new one.
  for (const std::string& path :
       {to.catalog_db() + "-wal", to.catalog_db() + "-shm", to.catalog_db(), to.write_db() + "-wal",
        to.write_db() + "-shm"}) {
    std::filesystem::remove(path, error);
    if (error) {
      return make_error(ErrorCode::kUnavailable, "cannot remove " + path + ": " + error.message());
    }
  }
  std::filesystem::rename(from.write_db(), to.write_db(), error);
  if (error) {
    return make_error(ErrorCode::kUnavailable, "cannot rename " + from.write_db() + " to " +
                                                   to.write_db() + ": " + error.message());
  }
  return sync_directory(to.root);
}

Result<std::unique_ptr<History>> open_history(const DataDir& dir) {
  CQRS_TRY(must_exist(dir));
  return sqlite::open_history(dir.write_db());
}

Result<std::unique_ptr<CredentialReader>> open_credentials(const DataDir& dir) {
  CQRS_TRY(must_exist(dir));
  return sqlite::open_credentials(dir.write_db());
}

Result<std::unique_ptr<ReadStore>> open_read_store(const DataDir& dir, int generation) {
  return sqlite::open_read_store(dir.read_db(generation));
}

Result<std::vector<Generation>> list_generations(const DataDir& dir) {
  CQRS_TRY(must_have_views(dir));
  auto catalog = sqlite::open_catalog_read_only(dir.catalog_db());
  if (!catalog) return catalog.error();
  return (*catalog)->list();
}

Result<Sources> open_record(const DataDir& dir) {
  CQRS_TRY(must_exist(dir));
  Sources sources;
  auto streams = sqlite::open_stream_source(dir.write_db());
  if (!streams) return streams.error();
  auto record = sqlite::open_event_audit(dir.write_db());
  if (!record) return record.error();
  sources.streams = std::move(*streams);
  sources.record = std::move(*record);
  return sources;
}

Result<Sources> open_sources(const DataDir& dir, int generation) {
  CQRS_TRY(must_have_views(dir));
  auto sources = open_record(dir);
  if (!sources) return sources.error();
  sources->generation = generation;
  if (generation == 0) {
    auto generations = list_generations(dir);
    if (!generations) return generations.error();
    sources->generation = live_generation(*generations);
  }
  auto views =
      sqlite::open_view_source(dir.read_db(sources->generation),
                               "read store (g" + std::to_string(sources->generation) + ")");
  if (!views) return views.error();
  sources->views = std::move(*views);
  return sources;
}

}  // namespace cqrs::embedded
