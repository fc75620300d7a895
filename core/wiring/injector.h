// Decides what to spoil and how, over ports, so that both profiles are spoilt alike. The stores may
// be scratch copies or, in tests of what mends them, the real ones of a system that is stopped.
#pragma once

#include "core/project/projection_store.h"
#include "core/read/read_store.h"
#include "core/verify/entity_source.h"
#include "core/verify/spoiler.h"
#include "core/wiring/inject.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <functional>
#include <memory>
#include <vector>

namespace cqrs {

// Opened when needed, because what changes a store and what spoils it may exclude each other.
struct InjectionStores {
  std::function<Result<std::unique_ptr<EntitySource>>()> open_streams;
  std::function<Result<std::unique_ptr<History>>()> open_history;
  std::function<Result<std::unique_ptr<WriteStore>>()> open_writer;
  std::function<Result<std::unique_ptr<ReadStore>>()> open_views;
  std::function<Result<std::unique_ptr<ProjectionStore>>()> open_projection;
  std::function<Result<std::unique_ptr<Spoiler>>()> open_spoiler;
};

// Brings the views up to the record and spoils both. Errors: invalid (too few users for the plan),
// those of the stores.
[[nodiscard]] Result<std::vector<Planted>> plant(const InjectionStores& stores,
                                                 const InjectionPlan& plan);

}  // namespace cqrs
