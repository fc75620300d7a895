#include "core/wiring/sizes.h"

#include "core/adapters/sqlite/database.h"
#include "core/wiring/embedded.h"

namespace cqrs::embedded {
namespace {

Result<std::uint64_t> bytes_of(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::OpenMode::kReadOnly);
  if (!database) return database.error();
  auto pages = (*database)->query_integer("PRAGMA page_count");
  if (!pages) return pages.error();
  auto size = (*database)->query_integer("PRAGMA page_size");
  if (!size) return size.error();
  return static_cast<std::uint64_t>(*pages) * static_cast<std::uint64_t>(*size);
}

}  // namespace

Result<StoreSizes> store_sizes(const DataDir& dir) {
  auto generations = list_generations(dir);
  if (!generations) return generations.error();
  auto write = bytes_of(dir.write_db());
  if (!write) return write.error();
  auto views = bytes_of(dir.read_db(live_generation(*generations)));
  if (!views) return views.error();
  return StoreSizes{*write, *views};
}

}  // namespace cqrs::embedded
