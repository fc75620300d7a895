#include "core/wiring/stores.h"

#include "core/wiring/embedded.h"
#include "core/wiring/standard.h"

namespace cqrs::stored {
namespace {

// Opens with one of the two, as the directory says.
template <class Embedded, class Standard>
auto either(const DataDir& dir, const Embedded& embedded, const Standard& standard)
    -> decltype(embedded()) {
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  return *config ? standard(**config) : embedded();
}

}  // namespace

Result<std::unique_ptr<History>> open_history(const DataDir& dir) {
  return either(
      dir, [&] { return embedded::open_history(dir); },
      [](const StandardConfig& config) { return standard::open_history(config); });
}

Result<std::unique_ptr<ReadStore>> open_read_store(const DataDir& dir, int generation) {
  return either(
      dir, [&] { return embedded::open_read_store(dir, generation); },
      [&](const StandardConfig& config) { return standard::open_read_store(config, generation); });
}

Result<std::vector<Generation>> list_generations(const DataDir& dir) {
  return either(
      dir, [&] { return embedded::list_generations(dir); },
      [](const StandardConfig& config) -> Result<std::vector<Generation>> {
        auto catalog = standard::open_catalog(config, SystemClock().now());
        if (!catalog) return catalog.error();
        return (*catalog)->list();
      });
}

Result<Sources> open_record(const DataDir& dir) {
  return either(
      dir, [&] { return embedded::open_record(dir); },
      [](const StandardConfig& config) { return standard::open_record(config); });
}

Result<Sources> open_sources(const DataDir& dir, int generation) {
  return either(
      dir, [&] { return embedded::open_sources(dir, generation); },
      [&](const StandardConfig& config) { return standard::open_sources(config, generation); });
}

Status must_be_embedded(const DataDir& dir, const std::string& what, const std::string& way_out) {
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  if (!*config) return {};
  return invalid(what, what + " works on the files of the embedded profile, and " + dir.root +
                           " has the standard one: " + way_out);
}

}  // namespace cqrs::stored
