// Carries out a repair plan over ports, whichever profile they are of. No clock, thread or lock
// inside: whoever opens the stores sees to it that nobody else works on them.
#pragma once

#include "core/project/projection_store.h"
#include "core/verify/entity_source.h"
#include "core/verify/record_repair.h"
#include "core/verify/topic_places.h"
#include "core/wiring/repair.h"
#include "core/write/history.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cqrs {

// What a plan comes to, before anything is changed.
struct RepairSurvey {
  std::int64_t record_items = 0;  // streams and events to change
  std::int64_t impossible = 0;
  bool renew_topics = false;
  // The event that will stand at each position that changes; nil: none.
  EventPlaces places;
  [[nodiscard]] bool changes_record() const { return record_items > 0 || renew_topics; }
};

struct RepairStores {
  std::string where;  // the record's place, for messages
  std::unique_ptr<History> history;
  std::unique_ptr<EntitySource> streams;
  std::vector<int> generations;  // all there are
  std::function<Result<std::unique_ptr<ProjectionStore>>(int generation)> open_views;
  std::function<Status(const RecordWork&)> repair_record;
  // Called often: an error when somebody else may own the stores by now.
  std::function<Status()> still_owned = [] { return Status(); };
  // Before and after a plan that changes the record or gives the topics anew, where there are any.
  // True: they are given anew, and whoever follows them begins in the record again.
  std::function<Result<bool>(const RepairSurvey&)> before_record = [](const auto&) {
    return false;
  };
  std::function<Status()> after_record = [] { return Status(); };
};

// Errors: not_found (the plan's generation is gone), invalid (the plan is of another record), those
// of the stores and of `each`.
[[nodiscard]] Result<RepairOutcome> mend(RepairStores& stores, const RepairHeader& header,
                                         const EachRepair& each);

}  // namespace cqrs
