// Bugs planted on purpose: decorators over the ports that misbehave the way real systems do. The
// simulation must find each of them, or it is blind.
#pragma once

#include "core/adapters/memory/stores.h"
#include "core/log/event_log.h"

#include "tests/support/random.h"

#include <array>
#include <cstdint>
#include <memory>
#include <ostream>

namespace cqrs::simulation {

enum class PlantedBug : std::uint8_t {
  kNone,
  kLogSkipsEvents,      // and renumbers what follows, so that the gate sees no gap
  kEventsAppliedTwice,  // under a new version, so that the gate sees no duplicate
  kAppliedOverGaps,     // the record answers a refetch with something else than the missing event
  kCheckpointAhead,     // the checkpoint is stored first, the rows after it
  kEpochIgnored,        // a projector that was replaced can still commit
  kAcknowledgedLost,    // the write store acknowledges what it did not keep
  kRequestsForgotten,   // events are kept, their idempotency records are not
};

inline constexpr std::array kAllBugs{PlantedBug::kLogSkipsEvents,   PlantedBug::kEventsAppliedTwice,
                                     PlantedBug::kAppliedOverGaps,  PlantedBug::kCheckpointAhead,
                                     PlantedBug::kEpochIgnored,     PlantedBug::kAcknowledgedLost,
                                     PlantedBug::kRequestsForgotten};

[[nodiscard]] const char* bug_name(PlantedBug bug);
inline void PrintTo(PlantedBug bug, std::ostream* out) { *out << bug_name(bug); }

// Each gives `inner` back unchanged unless the bug belongs to that port. `random` and `views` must
// outlive what is returned.
[[nodiscard]] std::unique_ptr<EventLog> plant(PlantedBug bug, std::unique_ptr<EventLog> inner);
[[nodiscard]] std::unique_ptr<History> plant(PlantedBug bug, std::unique_ptr<History> inner);
[[nodiscard]] std::unique_ptr<WriteStore> plant(PlantedBug bug, std::unique_ptr<WriteStore> inner,
                                                support::Random& random);
[[nodiscard]] std::unique_ptr<ProjectionStore> plant(PlantedBug bug,
                                                     std::unique_ptr<ProjectionStore> inner,
                                                     support::Random& random,
                                                     const memory::MemoryViews& views);

}  // namespace cqrs::simulation
