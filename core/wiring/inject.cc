#include "core/wiring/inject.h"

#include "core/adapters/sqlite/catalog.h"
#include "core/adapters/sqlite/spoil.h"
#include "core/adapters/sqlite/stores.h"
#include "core/wiring/embedded.h"
#include "core/wiring/injector.h"
#include "core/wiring/standard_inject.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <unistd.h>

namespace cqrs {
namespace {

// "swap" is what people plant, "order" is what verify reports.
constexpr std::array<std::string_view, kAllDifferences.size()> kPlantNames{
    "lost", "dup", "phantom", "stale", "swap", "field"};

// Of files that nobody else has open.
InjectionStores injection_stores(const DataDir& dir, int generation) {
  const std::string write = dir.write_db();
  const std::string read = dir.read_db(generation);
  InjectionStores stores;
  stores.open_streams = [write] { return sqlite::open_stream_source(write); };
  stores.open_history = [write] { return sqlite::open_history(write); };
  stores.open_writer = [write] { return sqlite::open_write_store(write); };
  stores.open_views = [read] { return sqlite::open_read_store(read); };
  stores.open_projection = [read] { return sqlite::open_projection_store(read); };
  stores.open_spoiler = [write, read] { return sqlite::open_spoiler(write, read); };
  return stores;
}

// Those of processes that are gone.
void remove_stray_copies(const DataDir& dir) {
  constexpr std::string_view kStart = "scratch-";
  std::vector<std::filesystem::path> strays;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(dir.root, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(kStart)) continue;
    int pid = 0;
    const char* last = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + kStart.size(), last, pid);
    const bool ours = error == std::errc() && stop == last && pid > 0;
    if (ours && ::kill(pid, 0) != 0 && errno == ESRCH) strays.push_back(at->path());
  }
  for (const auto& stray : strays) std::filesystem::remove_all(stray, ignored);
}

// In a directory of its own beside the files.
class CopiedFiles final : public InjectedCopy {
 public:
  explicit CopiedFiles(const DataDir& beside)
      : scratch_{beside.root + "/scratch-" + std::to_string(::getpid())} {}
  CopiedFiles(const CopiedFiles&) = delete;
  CopiedFiles& operator=(const CopiedFiles&) = delete;
  ~CopiedFiles() override { (void)CopiedFiles::remove(); }

  Status make(const DataDir& dir, const InjectionPlan& plan) {
    // The copied catalog says which views are live, also when that changes meanwhile.
    auto generations = embedded::list_generations(dir);
    if (!generations) return generations.error();
    remove_stray_copies(dir);
    CQRS_TRY(create_directory(scratch_.root));
    CQRS_TRY(sqlite::copy_database(dir.catalog_db(), scratch_.catalog_db()));
    auto catalog = sqlite::open_catalog_read_only(scratch_.catalog_db());
    if (!catalog) return catalog.error();
    generations = (*catalog)->list();
    if (!generations) return generations.error();
    const int live = live_generation(*generations);
    // The views before the record: copied after them it holds every event they know.
    CQRS_TRY(sqlite::copy_database(dir.read_db(live), scratch_.read_db(live)));
    CQRS_TRY(sqlite::copy_database(dir.write_db(), scratch_.write_db()));
    auto planted = plant(injection_stores(scratch_, live), plan);
    if (!planted) return planted.error();
    planted_ = std::move(*planted);
    return {};
  }

  [[nodiscard]] const std::vector<Planted>& planted() const override { return planted_; }
  [[nodiscard]] Result<Sources> open_sources() const override {
    return embedded::open_sources(scratch_);
  }
  [[nodiscard]] std::vector<std::string> left_out() const override { return {}; }
  Status remove() override {
    std::error_code error;
    std::filesystem::remove_all(scratch_.root, error);
    return error ? Status(file_error("remove", scratch_.root, error.value())) : Status();
  }

 private:
  DataDir scratch_;
  std::vector<Planted> planted_;
};

}  // namespace

std::size_t InjectionPlan::total() const {
  std::size_t sum = 0;
  for (const auto count : counts) sum += count;
  return sum;
}

Result<InjectionPlan> parse_injection(std::string_view text) {
  InjectionPlan plan;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* const at = std::find(kPlantNames.begin(), kPlantNames.end(), name);
    std::size_t count = 0;
    const std::string_view digits =
        equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (at == kPlantNames.end() || error != std::errc() || stop != digits.data() + digits.size() ||
        count > 1'000) {
      return invalid("--inject",
                     "--inject: \"" + std::string(word) +
                         "\" is not one of lost, dup, phantom, stale, swap, field with a "
                         "number up to 1000, like lost=3,dup=2");
    }
    plan.counts[static_cast<std::size_t>(at - kPlantNames.begin())] = count;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (plan.total() == 0) {
    return invalid("--inject", "--inject plants nothing: say for example lost=3");
  }
  return plan;
}

Result<std::unique_ptr<InjectedCopy>> inject(const DataDir& dir, const InjectionPlan& plan,
                                             const std::function<bool()>& keep_going) {
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  if (*config) return standard::inject(**config, plan, keep_going);
  auto copy = std::make_unique<CopiedFiles>(dir);
  CQRS_TRY(copy->make(dir, plan));
  return std::unique_ptr<InjectedCopy>(std::move(copy));
}

Result<std::vector<Planted>> spoil(const DataDir& dir, const InjectionPlan& plan) {
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  if (*config) return standard::spoil(**config, plan);
  auto generations = embedded::list_generations(dir);
  if (!generations) return generations.error();
  return plant(injection_stores(dir, live_generation(*generations)), plan);
}

}  // namespace cqrs
