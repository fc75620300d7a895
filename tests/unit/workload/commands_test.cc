// The workload as commands: executing them must lead to exactly the entities that a client of the
// same workload expects, else a benchmark of one stage would measure something else.
#include "core/workload/commands.h"

#include "core/adapters/memory/stores.h"
#include "core/write/command_handler.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs {
namespace {

constexpr std::uint64_t kCount = 20;

class WorkloadCommands : public testing::Test {
 protected:
  Generator generator_{{42, kCount, kCount, kCount}};
  memory::MemoryRecord record_;
  std::unique_ptr<WriteStore> store_ = memory::open_write_store(record_);
  ManualClock clock_{{1'800'000'000'000'000}};
  CommandHandler handler_{*store_, clock_, 1};

  std::vector<Outcome> execute_all() {
    std::vector<Command> batch;
    for (const Kind kind : kAllKinds) {
      for (std::uint64_t i = 0; i < kCount; ++i)
        batch.push_back(create_command(generator_, kind, i));
    }
    return handler_.execute(batch);
  }
};

TEST_F(WorkloadCommands, ExecutedGiveTheEntitiesThatTheGeneratorForetells) {
  for (const auto& outcome : execute_all()) ASSERT_THAT(outcome, support::is_ok());
  for (const Kind kind : kAllKinds) {
    for (std::uint64_t i = 0; i < kCount; ++i) {
      const auto found = record_.streams.find({kind, generator_.id(kind, i)});
      ASSERT_NE(found, record_.streams.end());
      EXPECT_EQ(found->second.digest, generator_.digest(kind, i)) << kind_name(kind) << " " << i;
    }
  }
}

TEST_F(WorkloadCommands, CarryAnIdempotencyKeyOfTheirOwn) {
  std::set<Uuid> keys;
  for (const Kind kind : kAllKinds) {
    for (std::uint64_t i = 0; i < kCount; ++i) {
      keys.insert(create_command(generator_, kind, i).idempotency.value().key);
    }
  }
  EXPECT_EQ(keys.size(), kCount * kAllKinds.size());
  for (const auto& outcome : execute_all()) ASSERT_THAT(outcome, support::is_ok());
  EXPECT_TRUE(execute_all().front()->replayed) << "the same commands are executed once";
}

TEST_F(WorkloadCommands, CreatedEventsEvolveIntoTheForetoldState) {
  for (const Kind kind : kAllKinds) {
    std::optional<State> state;
    evolve(state, created_event(generator_, kind, 3));
    EXPECT_EQ(state, generator_.state(kind, 3)) << kind_name(kind);
  }
}

}  // namespace
}  // namespace cqrs
