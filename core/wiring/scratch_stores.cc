#include "core/wiring/scratch_stores.h"

#include "core/adapters/postgres/spoil.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

namespace cqrs::standard {
namespace {

StandardConfig scratch_of(StandardConfig config, const std::string& name) {
  config.name = name;
  config.cache = CacheKind::kNone;
  return config;
}

// The schema last: as long as it is there, the rest is found.
Status remove_stores(const StandardConfig& config) {
  auto views = remove_strays(config, {});
  if (!views) return views.error();
  return postgres::drop_schema(write_side(config));
}

Status going(const std::function<bool()>& keep_going) {
  if (keep_going()) return {};
  return make_error(ErrorCode::kTimeout, "interrupted before everything was copied");
}

}  // namespace

ScratchStores::ScratchStores(StandardConfig config, std::unique_ptr<postgres::ScratchSchema> schema)
    : config_(std::move(config)), schema_(std::move(schema)) {}

ScratchStores::~ScratchStores() { (void)remove(); }

Status ScratchStores::remove() {
  if (schema_ == nullptr) return {};
  auto removed = remove_stores(config_);
  schema_.reset();
  return removed;
}

Result<std::unique_ptr<ScratchStores>> ScratchStores::make(
    const StandardConfig& config, const std::function<bool()>& keep_going) {
  auto strays = postgres::stray_scratch_schemas(write_side(config));
  if (!strays) return strays.error();
  for (const auto& stray : *strays) CQRS_TRY(remove_stores(scratch_of(config, stray->name())));
  strays->clear();
  auto schema = postgres::make_scratch_schema(write_side(config));
  if (!schema) return schema.error();
  const StandardConfig scratch = scratch_of(config, (*schema)->name());
  auto foreign = stored_generations(scratch);
  if (!foreign) return foreign.error();
  if (!foreign->empty()) {
    (void)postgres::drop_schema(write_side(scratch));
    return make_error(ErrorCode::kAlreadyExists,
                      "the read store holds views under the name " + scratch.name +
                          ", and no scratch copy is known that they are of: remove them");
  }
  auto stores = std::unique_ptr<ScratchStores>(new ScratchStores(scratch, std::move(*schema)));
  CQRS_TRY(stores->fill(config, keep_going));
  return stores;
}

// The views before the record: copied after them it holds every event they know.
Status ScratchStores::fill(const StandardConfig& from, const std::function<bool()>& keep_going) {
  auto live = live_generation_of(from);
  if (!live) return live.error();
  generation_ = *live;
  CQRS_TRY(copy_generation(from, generation_, config_));
  CQRS_TRY(going(keep_going));
  auto migrated = postgres::migrate(write_side(config_));
  if (!migrated) return migrated.error();
  CQRS_TRY(postgres::copy_record(write_side(from), write_side(config_)));
  return going(keep_going);
}

}  // namespace cqrs::standard
