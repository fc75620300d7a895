// When commits are announced: at once, or a moment later so that outcomes travel first, and never
// not at all.
#include "services/command/committer.h"

#include "core/adapters/memory/stores.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;

class AnnouncedStore final : public WriteStore {
 public:
  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    return store_->transact(touched, decide);
  }
  void announce() override {
    const std::lock_guard lock(mutex_);
    ++announced_;
    changed_.notify_all();
  }
  [[nodiscard]] bool announced_already() {
    const std::lock_guard lock(mutex_);
    return announced_ > 0;
  }
  [[nodiscard]] bool announced(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return announced_ >= times; });
  }

 private:
  memory::MemoryRecord record_;
  std::unique_ptr<WriteStore> store_ = memory::open_write_store(record_);
  std::mutex mutex_;
  std::condition_variable changed_;
  int announced_ = 0;
};

class Outcomes final : public Reply {
 public:
  void deliver(std::size_t /*index*/, Outcome&& outcome) override {
    EXPECT_THAT(outcome, is_ok());
    ++delivered;
    if (then) then();
  }
  std::atomic<int> delivered{0};
  std::function<void()> then;
};

class CommitterAnnounces : public testing::TestWithParam<milliseconds> {
 protected:
  CommitterAnnounces() { options_.announce_within = GetParam(); }
  void submit(std::uint64_t user) {
    std::vector<PendingCommand> group(1);
    group.front().command = create_user(user);
    group.front().reply = outcomes_;
    ASSERT_THAT(committer_->submit(group), is_ok());
  }
  void start() {
    committer_ = std::make_unique<Committer>(
        store_, clock_, metrics_, [](Position) {}, options_);
  }

  CommitterOptions options_;
  AnnouncedStore store_;
  ManualClock clock_{kNow};
  Metrics metrics_;
  std::shared_ptr<Outcomes> outcomes_ = std::make_shared<Outcomes>();
  std::unique_ptr<Committer> committer_;
};

TEST_P(CommitterAnnounces, WhatWasCommittedAlthoughNothingFollows) {
  start();
  submit(1);
  EXPECT_TRUE(store_.announced(1));
  submit(2);
  EXPECT_TRUE(store_.announced(2));
}

TEST_P(CommitterAnnounces, WhileCommandsKeepComing) {
  constexpr int kEnough = 200'000;
  std::promise<void> over;
  // The next one is there before the committer looks.
  outcomes_->then = [&] {
    const int delivered = outcomes_->delivered;
    if (store_.announced_already() || delivered == kEnough) return over.set_value();
    submit(static_cast<std::uint64_t>(delivered) + 1);
  };
  start();
  submit(1);
  over.get_future().wait();
  EXPECT_LT(outcomes_->delivered, kEnough);
}

TEST_P(CommitterAnnounces, TheLastCommitsWhenItStops) {
  start();
  submit(1);
  committer_->stop();
  EXPECT_TRUE(store_.announced(1));
  EXPECT_EQ(outcomes_->delivered, 1);
}

INSTANTIATE_TEST_SUITE_P(Within, CommitterAnnounces,
                         testing::Values(milliseconds{0}, milliseconds{2}), [](const auto& info) {
                           return std::to_string(info.param.count()) + "ms";
                         });

}  // namespace
}  // namespace cqrs
