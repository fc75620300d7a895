// The thread that writes a load's ledger: nothing may be sent that no intent on the disk allows,
// and a disk that fails ends the run.
#include "cli/load/ledger_lane.h"

#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cqrs::load {
namespace {

using support::fails_with;
using support::is_ok;

// What the disk holds, seen from another thread.
struct Disk {
  std::atomic<std::uint64_t> intended{0};
  std::atomic<std::uint64_t> recorded{0};
  std::atomic<std::uint64_t> end{0};
  std::atomic<bool> full{false};
};

class FakeOpLedger final : public OpLedgerWriter {
 public:
  explicit FakeOpLedger(Disk& disk) : disk_(disk) {}
  Status intend(std::uint64_t last) override {
    if (disk_.full) return no_space();
    disk_.intended = last + 1;
    return {};
  }
  Status record(const OpOutcomeRecord& /*outcome*/) override {
    if (disk_.full) return no_space();
    ++disk_.recorded;
    return {};
  }
  Status close(std::uint64_t next) override {
    disk_.end = next;
    return {};
  }
  Status sync() override { return disk_.full ? Status(no_space()) : Status(); }

 private:
  static Error no_space() { return make_error(ErrorCode::kUnavailable, "no space left"); }
  Disk& disk_;
};

TEST(LedgerLane, NothingIsAllowedThatNoIntentHolds) {
  Disk disk;
  LedgerLane lane(std::make_unique<FakeOpLedger>(disk), 100);
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    while (!lane.allows(number)) std::this_thread::yield();
    ASSERT_LT(number, disk.intended.load());
  }
  EXPECT_THAT(lane.close(10'000), is_ok());
  EXPECT_EQ(disk.end, 10'000U);
}

TEST(LedgerLane, FarAheadOfTheIntentNothingIsAllowed) {
  Disk disk;
  LedgerLane lane(std::make_unique<FakeOpLedger>(disk), 100);
  EXPECT_TRUE(lane.allows(99));
  EXPECT_FALSE(lane.allows(50'000));
}

TEST(LedgerLane, EveryOutcomeIsWrittenBeforeTheEnd) {
  Disk disk;
  LedgerLane lane(std::make_unique<FakeOpLedger>(disk), 100);
  std::vector<OpOutcomeRecord> batch(7);
  for (int i = 0; i < 100; ++i) {
    batch.resize(7);
    lane.record(batch);
    EXPECT_TRUE(batch.empty());
  }
  EXPECT_THAT(lane.close(1), is_ok());
  EXPECT_EQ(disk.recorded, 700U);
}

TEST(LedgerLane, AFullDiskIsToldAndNothingMoreIsAllowed) {
  Disk disk;
  LedgerLane lane(std::make_unique<FakeOpLedger>(disk), 100);
  disk.full = true;
  std::vector<OpOutcomeRecord> batch(1);
  lane.record(batch);
  while (!lane.failed()) std::this_thread::yield();
  EXPECT_THAT(lane.problem(), fails_with(ErrorCode::kUnavailable));
  EXPECT_FALSE(lane.allows(5'000));
  EXPECT_THAT(lane.close(1), fails_with(ErrorCode::kUnavailable));
}

TEST(LedgerLane, ADiskThatIsFullAtTheStartIsToldAtOnce) {
  Disk disk;
  disk.full = true;
  LedgerLane lane(std::make_unique<FakeOpLedger>(disk), 100);
  EXPECT_TRUE(lane.failed());
  EXPECT_FALSE(lane.allows(0));
}

}  // namespace
}  // namespace cqrs::load
