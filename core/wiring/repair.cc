#include "core/wiring/repair.h"

#include "core/adapters/sqlite/record_repair.h"
#include "core/wiring/embedded.h"
#include "core/wiring/mend.h"
#include "core/wiring/standard_repair.h"

namespace cqrs {
namespace {

Result<RepairOutcome> repair_embedded(const DataDir& dir, const RepairHeader& header,
                                      const EachRepair& each) {
  // Before the lock, which would make the directory.
  auto generations = embedded::list_generations(dir);
  if (!generations) return generations.error();
  auto lock = DataDirLock::acquire(dir);
  if (!lock) return lock.error();
  auto history = embedded::open_history(dir);
  if (!history) return history.error();
  auto record = embedded::open_record(dir);
  if (!record) return record.error();
  RepairStores stores;
  stores.where = dir.root;
  stores.history = std::move(*history);
  stores.streams = std::move(record->streams);
  for (const auto& generation : *generations) stores.generations.push_back(generation.number);
  stores.open_views = [&](int generation) { return embedded::open_projection(dir, generation); };
  stores.repair_record = [&](const RecordWork& work) {
    return sqlite::repair_record(dir.write_db(), work);
  };
  return mend(stores, header, each);
}

}  // namespace

Result<RepairOutcome> apply_repair(const DataDir& dir, const RepairHeader& header,
                                   const EachRepair& each, const RepairConsent& consent) {
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  if (*config) return standard::repair(**config, header, each, consent);
  return repair_embedded(dir, header, each);
}

}  // namespace cqrs
