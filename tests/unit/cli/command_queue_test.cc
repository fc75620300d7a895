#include "cli/load/command_queue.h"

#include "tests/support/outcomes.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::is_ok;

constexpr SteadyTime kStart{seconds(1'000)};
constexpr WorkloadShape kShape{7, 30, 20, 10};

// Remembers the intents; fails when it is told to.
class FakeLedger final : public LedgerWriter {
 public:
  Status intend(const LedgerIntent& intent) override {
    if (full) return make_error(ErrorCode::kUnavailable, "no space left");
    intents.push_back(intent);
    return {};
  }
  Status record(const LedgerOutcome& /*outcome*/) override { return {}; }
  Status sync() override { return {}; }
  [[nodiscard]] bool holds(Kind kind, std::uint64_t index) const {
    for (const auto& intent : intents) {
      if (intent.kind == kind && intent.first <= index && index <= intent.last) return true;
    }
    return false;
  }

  std::vector<LedgerIntent> intents;
  bool full = false;
};

class CommandQueueTest : public ::testing::Test {
 protected:
  // Takes all that may be sent at `now`.
  static std::vector<SeedCommand> drain(CommandQueue& queue, SteadyTime now) {
    std::vector<SeedCommand> out;
    while (const auto command = queue.next(now)) out.push_back(*command);
    return out;
  }
  static void settle(CommandQueue& queue, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) queue.settle();
  }

  FakeLedger ledger_;
  LedgerProgress fresh_{kShape};
};

TEST_F(CommandQueueTest, EveryCommandStandsInAnIntentBeforeItIsHandedOut) {
  CommandQueue queue(fresh_, ledger_, Schedule(), 1'000);
  int seen = 0;
  while (!queue.finished()) {
    const auto command = queue.next(kStart);
    ASSERT_TRUE(command);
    EXPECT_TRUE(ledger_.holds(command->kind, command->index));
    queue.settle();
    ++seen;
  }
  EXPECT_EQ(seen, 60);
}

TEST_F(CommandQueueTest, OrdersWaitUntilAllThatTheyReferToHasItsOutcome) {
  CommandQueue queue(fresh_, ledger_, Schedule(), 1'000);
  EXPECT_EQ(drain(queue, kStart).size(), 50U);
  settle(queue, 49);
  EXPECT_FALSE(queue.next(kStart));
  queue.settle();
  const auto orders = drain(queue, kStart);
  ASSERT_EQ(orders.size(), 10U);
  EXPECT_EQ(orders.front().kind, Kind::kOrder);
}

TEST_F(CommandQueueTest, AnUnknownOutcomeIsSentAgainAndHoldsBackTheOrders) {
  CommandQueue queue(fresh_, ledger_, Schedule(), 1'000);
  const auto first = drain(queue, kStart);
  settle(queue, 49);
  queue.again(first[3], kStart + milliseconds(50));
  EXPECT_FALSE(queue.next(kStart + milliseconds(49)));
  const auto again = queue.next(kStart + milliseconds(50));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->index, first[3].index);
  EXPECT_EQ(again->scheduled, first[3].scheduled) << "its latency counts from the first schedule";
  EXPECT_FALSE(queue.next(kStart + milliseconds(50))) << "an order before its user";
  queue.settle();
  EXPECT_EQ(drain(queue, kStart + milliseconds(50)).size(), 10U);
  EXPECT_EQ(queue.sent(), 60U);
  EXPECT_EQ(queue.repeated(), 1U);
}

TEST_F(CommandQueueTest, TheOpenModelHandsOutWhatIsDueAndNothingElse) {
  CommandQueue queue(fresh_, ledger_, Schedule(kStart, 1'000), 1'000);
  EXPECT_EQ(drain(queue, kStart).size(), 1U);
  EXPECT_EQ(drain(queue, kStart + milliseconds(9)).size(), 9U);
  EXPECT_EQ(drain(queue, kStart + milliseconds(9)).size(), 0U);
}

TEST_F(CommandQueueTest, AScheduleThatCannotBeKeptIsNotSlowedDown) {
  CommandQueue queue(fresh_, ledger_, Schedule(kStart, 1'000), 4);
  EXPECT_EQ(drain(queue, kStart + milliseconds(20)).size(), 4U) << "bounded in flight";
  settle(queue, 4);
  const auto late = drain(queue, kStart + milliseconds(30));
  ASSERT_EQ(late.size(), 4U);
  EXPECT_EQ(late.front().scheduled, kStart + milliseconds(4)) << "the lag is not forgiven";
}

TEST_F(CommandQueueTest, RepetitionsDoNotTakeThePlaceOfScheduledCommands) {
  CommandQueue queue(fresh_, ledger_, Schedule(kStart, 1'000), 1'000);
  const auto first = queue.next(kStart);
  ASSERT_TRUE(first);
  queue.again(*first, kStart);
  EXPECT_EQ(queue.next(kStart)->index, 0U);
  const auto second = queue.next(kStart + milliseconds(1));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->scheduled, kStart + milliseconds(1));
}

TEST_F(CommandQueueTest, ALedgerThatCannotBeWrittenStopsTheSending) {
  ledger_.full = true;
  CommandQueue queue(fresh_, ledger_, Schedule(), 1'000);
  EXPECT_FALSE(queue.next(kStart));
  EXPECT_EQ(queue.problem().error().code, ErrorCode::kUnavailable);
  ledger_.full = false;
  EXPECT_FALSE(queue.next(kStart)) << "what failed once may be half written";
}

// Method: a real ledger with acknowledged, rejected, indeterminate and open entries of every kind.
TEST_F(CommandQueueTest, AResumeSendsExactlyWhatHasNoOutcome) {
  const support::TempDir dir;
  const std::string path = dir.file("ledger.bin");
  {
    auto writer = create_ledger(path, kShape, {1});
    ASSERT_THAT(writer, is_ok());
    const auto record = [&](Kind kind, std::uint64_t index, LedgerStatus status) {
      LedgerOutcome outcome;
      outcome.kind = kind;
      outcome.index = index;
      outcome.status = status;
      ASSERT_THAT((*writer)->record(outcome), is_ok());
    };
    ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 29}), is_ok());
    for (std::uint64_t i = 0; i < 30; ++i) record(Kind::kUser, i, LedgerStatus::kAcknowledged);
    ASSERT_THAT((*writer)->intend({Kind::kProduct, 0, 9}), is_ok());
    record(Kind::kProduct, 1, LedgerStatus::kAcknowledged);
    record(Kind::kProduct, 2, LedgerStatus::kRejected);
    record(Kind::kProduct, 3, LedgerStatus::kIndeterminate);
    record(Kind::kProduct, 8, LedgerStatus::kAcknowledged);
  }
  auto resumed = resume_ledger(path);
  ASSERT_THAT(resumed, is_ok());
  EXPECT_EQ(resumed->progress.open(), 7U);
  CommandQueue queue(resumed->progress, ledger_, Schedule(), 1'000);
  EXPECT_EQ(queue.total(), 17U + 10U);
  std::set<std::uint64_t> products;
  for (const auto& command : drain(queue, kStart)) {
    EXPECT_EQ(command.kind, Kind::kProduct);
    products.insert(command.index);
  }
  EXPECT_EQ(products.size(), 17U);
  for (const std::uint64_t settled : {1, 2, 8}) EXPECT_EQ(products.count(settled), 0U);
  EXPECT_FALSE(ledger_.holds(Kind::kProduct, 9)) << "intended before, no second intent";
  EXPECT_TRUE(ledger_.holds(Kind::kProduct, 10));
  settle(queue, 17);
  EXPECT_EQ(drain(queue, kStart).size(), 10U);
}

TEST_F(CommandQueueTest, AResumeOfEverythingIsFinishedAtOnce) {
  const LedgerProgress nothing{WorkloadShape{7, 0, 0, 0}};
  CommandQueue queue(nothing, ledger_, Schedule(), 1'000);
  EXPECT_TRUE(queue.finished());
  EXPECT_FALSE(queue.next(kStart));
}

}  // namespace
}  // namespace cqrs::load
