// Several relays, of which some are zombies, publish a growing record into partitions while a
// projector follows record and topic. Seeded: `CQRS_TEST_SEED=N` gives one run back.
#include "core/adapters/memory/topic.h"
#include "core/base/hash.h"
#include "core/log/handover.h"
#include "core/log/relay.h"
#include "core/project/projector.h"

#include "tests/simulation/diced_lane.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"
#include "tests/support/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>

namespace cqrs::simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSeeds = 150;
constexpr int kActions = 120;

// A relay process: its own clock stands still while it is paused.
struct RelayProcess {
  RelayProcess(memory::MemoryRecord& record, memory::MemoryTopic& topic,
               memory::MemoryLeases& leases, const std::string& name, memory::PublishPlan publish,
               const memory::FaultPlan& plan)
      : history(memory::open_history(record, plan)),
        publisher(memory::open_publisher(topic, std::move(publish))),
        lease(memory::open_leases(leases, plan)),
        relay(*history, *publisher, *lease,
              {"relay", name, milliseconds(300), milliseconds(20), 5}) {}
  std::unique_ptr<History> history;
  std::unique_ptr<EventPublisher> publisher;
  std::unique_ptr<LeaseStore> lease;
  Relay relay;
  std::int64_t clock = 0;
};

class RelayWorld {
 public:
  explicit RelayWorld(std::uint64_t seed) : random_(seed) {
    fault_percent_ = random_.percent(50) ? random_.below(15) : 0;
    for (auto& process : relays_) restart(process);
  }

  void run() {
    for (int action = 0; action < kActions; ++action) act();
    quiet_ = true;
    for (int i = 0; i < 40; ++i) {
      leases_.now += 400;
      for (auto& process : relays_) step(*process, leases_.now);
    }
    check_topic();
    // Only now, and from wherever it stands: everything must be there to be had.
    for (int i = 0; i < 2'000; ++i) step_projector();
    EXPECT_EQ(views_.checkpoint.applied, static_cast<Position>(record_.events.size()));
    EXPECT_EQ(support::difference(support::fold_rows(record_.events), views_.rows), "");
  }

 private:
  void act() {
    const auto dice = random_.below(100);
    leases_.now += static_cast<std::int64_t>(random_.below(60));
    auto& process = relays_[random_.below(relays_.size())];
    if (dice < 25) {
      support::grow_history(record_, random_.next(), static_cast<int>(random_.below(8)));
    } else if (dice < 60) {
      // It may be a zombie: its clock is what it last looked at.
      const bool paused = random_.percent(20);
      step(*process, paused ? process->clock : leases_.now);
    } else if (dice < 65) {
      restart(process);
    } else if (dice < 70) {
      leases_.now += 350;
    } else if (dice < 72) {
      for (std::size_t i = 0; i < topic_.entries.size(); ++i) {
        topic_.removed[i] = topic_.entries[i].size() / 2;
      }
    } else {
      step_projector();
    }
  }

  void restart(std::unique_ptr<RelayProcess>& process) {
    const auto publish = [this](std::size_t entries) -> std::optional<std::size_t> {
      if (quiet_ || !random_.percent(fault_percent_)) return std::nullopt;
      return random_.below(entries + 1);
    };
    const auto plan = [this](std::string_view) {
      if (quiet_ || !random_.percent(fault_percent_)) return memory::Fault::kNone;
      return random_.percent(50) ? memory::Fault::kNotDone : memory::Fault::kDoneUnacknowledged;
    };
    process = std::make_unique<RelayProcess>(record_, topic_, leases_,
                                             "relay-" + std::to_string(++started_), publish, plan);
  }

  void step(RelayProcess& process, std::int64_t clock) {
    process.clock = clock;
    (void)process.relay.step(Relay::Time(milliseconds(clock)));
    if (const Position kept = leases_.leases["relay"].published.position; kept > 0) {
      EXPECT_GE(kept, kept_) << "progress went back";
      kept_ = kept;
    }
  }

  void step_projector() {
    if (!started_projector_) {
      ASSERT_THAT(projector_.start(), support::is_ok());
      started_projector_ = true;
    }
    const Position before = views_.checkpoint.applied;
    ASSERT_THAT(projector_.step(6), support::is_ok());
    EXPECT_GE(views_.checkpoint.applied, before);
    // Applied is a prefix: every entity stands at least at its version there.
    for (Position at = before; at < views_.checkpoint.applied; ++at) {
      const Event& event = record_.events[static_cast<std::size_t>(at)];
      const auto row = views_.rows.find(event.stream);
      ASSERT_TRUE(row != views_.rows.end()) << "position " << at + 1 << " was passed over";
      EXPECT_GE(row->second.version, event.version);
    }
  }

  // First occurrences in order, and no watermark that claims too much.
  void check_topic() const {
    for (std::size_t i = 0; i < topic_.entries.size(); ++i) {
      std::set<Position> seen;
      Position last = 0;
      for (const auto& entry : topic_.entries[i]) {
        if (entry.event && seen.insert(entry.event->position).second) {
          EXPECT_GT(entry.event->position, last) << "first occurrences out of order";
          last = entry.event->position;
        }
        if (entry.event) continue;
        for (const auto& event : record_.events) {
          if (event.position > entry.watermark) break;
          if (memory::partition_of(topic_, event.stream.id) != i) continue;
          EXPECT_TRUE(seen.contains(event.position)) << "watermark " << entry.watermark;
        }
      }
    }
  }

  support::Random random_;
  std::uint64_t fault_percent_ = 0;
  bool quiet_ = false;
  int started_ = 0;
  Position kept_ = 0;
  memory::MemoryRecord record_;
  memory::MemoryTopic topic_{3};
  memory::MemoryLeases leases_;
  std::array<std::unique_ptr<RelayProcess>, 3> relays_;

  memory::MemoryViews views_;
  std::unique_ptr<History> record_reader_ = memory::open_history(record_);
  std::unique_ptr<History> table_ = memory::open_history(record_);
  std::unique_ptr<EventLog> topic_log_ = memory::open_topic_log(topic_);
  std::unique_ptr<LeaseStore> marks_ = memory::open_leases(leases_);
  Handover log_{*table_, *topic_log_,
                [this](Position position) { return marks_->published_before("relay", position); },
                memory::complete_to};
  std::unique_ptr<ProjectionStore> store_ = memory::open_projection_store(views_);
  DicedLane lane_{random_};
  Projector projector_{log_, *record_reader_, *store_, &lane_};
  bool started_projector_ = false;
};

TEST(RelaySimulation, WhateverRelaysDoTheTopicsAreInOrderAndTheViewsComplete) {
  const char* chosen = std::getenv("CQRS_TEST_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const std::uint64_t last = chosen == nullptr ? kSeeds : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    RelayWorld(seed).run();
    ASSERT_FALSE(testing::Test::HasFailure()) << "CQRS_TEST_SEED=" << seed;
  }
}

}  // namespace
}  // namespace cqrs::simulation
