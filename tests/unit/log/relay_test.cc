// The relay, step by step: what it publishes, what it keeps, and what it must not do without the
// lease.
#include "core/log/relay.h"

#include "core/adapters/memory/topic.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;

// One relay and what it is opened on; several share record, topic and leases.
struct Replica {
  Replica(memory::MemoryRecord& record, memory::MemoryTopic& topic, memory::MemoryLeases& leases,
          const std::string& name, memory::PublishPlan plan = {})
      : history(memory::open_history(record)),
        publisher(memory::open_publisher(topic, std::move(plan))),
        lease(memory::open_leases(leases)),
        relay(*history, *publisher, *lease,
              {"relay", name, milliseconds(300), milliseconds(0), 4}) {}
  std::unique_ptr<History> history;
  std::unique_ptr<EventPublisher> publisher;
  std::unique_ptr<LeaseStore> lease;
  Relay relay;
};

class RelayTest : public testing::Test {
 protected:
  RelayTest() { grow_history(record_, 7, 30); }
  Relay::Time now() const { return Relay::Time(milliseconds(leases_.now)); }
  void pass(std::int64_t ms) { leases_.now += ms; }
  void drain(Replica& replica) {
    for (;;) {
      const auto published = replica.relay.step(now());
      ASSERT_THAT(published, is_ok());
      if (*published == 0) return;
    }
  }
  std::size_t in_topic() const {
    std::size_t events = 0;
    for (const auto& partition : topic_.entries) {
      for (const auto& entry : partition) events += entry.event ? 1 : 0;
    }
    return events;
  }
  Position kept() { return leases_.leases["relay"].published.position; }
  Position head() const { return static_cast<Position>(record_.events.size()); }

  memory::MemoryRecord record_;
  memory::MemoryTopic topic_{3};
  memory::MemoryLeases leases_;
};

TEST_F(RelayTest, EveryEventIsPublishedOnceAndTheProgressIsKept) {
  Replica one(record_, topic_, leases_, "one");
  drain(one);
  EXPECT_EQ(in_topic(), record_.events.size());
  EXPECT_EQ(kept(), head());
}

TEST_F(RelayTest, ASecondReplicaWaitsWhileTheFirstHasTheLease) {
  Replica one(record_, topic_, leases_, "one");
  Replica two(record_, topic_, leases_, "two");
  ASSERT_THAT(one.relay.step(now()), is_ok());
  const auto published = two.relay.step(now());
  ASSERT_THAT(published, is_ok());
  EXPECT_EQ(*published, 0U);
  EXPECT_FALSE(two.relay.owns());
}

TEST_F(RelayTest, ASecondReplicaGoesOnWhenTheFirstIsDead) {
  Replica one(record_, topic_, leases_, "one");
  ASSERT_THAT(one.relay.step(now()), is_ok());
  pass(301);
  Replica two(record_, topic_, leases_, "two");
  drain(two);
  EXPECT_EQ(in_topic(), record_.events.size());
}

TEST_F(RelayTest, AStoppedOneGivesTheLeaseUpAtOnce) {
  Replica one(record_, topic_, leases_, "one");
  ASSERT_THAT(one.relay.step(now()), is_ok());
  one.relay.stop();
  Replica two(record_, topic_, leases_, "two");
  ASSERT_THAT(two.relay.step(now()), is_ok());
  EXPECT_TRUE(two.relay.owns());
}

TEST_F(RelayTest, AFormerOwnerThatWakesUpLateMovesNoProgress) {
  Replica one(record_, topic_, leases_, "one");
  ASSERT_THAT(one.relay.step(now()), is_ok());
  // It is paused here, past its lease, and another one takes over.
  const auto paused = now();
  pass(301);
  Replica two(record_, topic_, leases_, "two");
  drain(two);
  const Position before = kept();
  // It wakes up in the belief that no time has passed: it repeats events, and then finds out.
  ASSERT_THAT(one.relay.step(paused), is_ok());
  EXPECT_FALSE(one.relay.owns());
  EXPECT_EQ(kept(), before);
}

TEST_F(RelayTest, APageThatWasPublishedInPartIsPublishedAgain) {
  int fail = 1;
  Replica one(record_, topic_, leases_, "one", [&](std::size_t) {
    return fail-- > 0 ? std::optional<std::size_t>(2) : std::nullopt;
  });
  EXPECT_THAT(one.relay.step(now()), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(kept(), 0);
  drain(one);
  EXPECT_EQ(in_topic(), record_.events.size() + 2);
  EXPECT_EQ(kept(), head());
}

TEST_F(RelayTest, TopicsOfAnotherRecordAreRefused) {
  Replica one(record_, topic_, leases_, "one");
  drain(one);
  one.relay.stop();
  record_.events.back().event_id = make_uuid_v7(9, 9, 9);
  Replica two(record_, topic_, leases_, "two");
  EXPECT_THAT(two.relay.step(now()), fails_with(ErrorCode::kCorrupt));
  EXPECT_FALSE(two.relay.owns());
}

}  // namespace
}  // namespace cqrs
