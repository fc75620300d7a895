// The relay of a system whose events a connector brings: what is published from the record when
// slot or connector fail it, and that no watermark ever passes an event that is not there.
#include "core/log/captured_publisher.h"

#include "core/adapters/memory/topic.h"
#include "core/log/relay.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;
using testing::HasSubstr;

// What PostgreSQL and Connect would do. A place in the journal is the number of events before it.
struct Server {
  memory::MemoryRecord record;
  memory::MemoryTopic topic{3};
  memory::MemoryLeases leases;
  bool slot = false;
  JournalPosition confirmed = 0;
  ConnectorState connector = ConnectorState::kAbsent;

  [[nodiscard]] JournalPosition end() const { return record.events.size(); }
  // The connector brings as many events as it may.
  void bring(std::size_t most) {
    if (!slot || connector != ConnectorState::kRunning) return;
    for (; most > 0 && confirmed < end(); --most) {
      const Event& event = record.events[confirmed++];
      topic.entries[memory::partition_of(topic, event.stream.id)].push_back({event, 0});
    }
  }
};

class ServerSlot final : public CaptureSlot {
 public:
  explicit ServerSlot(Server& server) : server_(server) {}
  Result<SlotState> look() override { return SlotState{server_.slot, server_.confirmed, 0}; }
  Status make() override {
    server_.slot = true;
    server_.confirmed = server_.end();
    return {};
  }
  Result<JournalPosition> journal_end() override { return server_.end(); }
  Status remove() override {
    server_.slot = false;
    return {};
  }

 private:
  Server& server_;
};

class ServerConnector final : public Connector {
 public:
  explicit ServerConnector(Server& server) : server_(server) {}
  Result<ConnectorLook> look() override {
    return ConnectorLook{server_.connector, false, "its task is broken"};
  }
  Status run() override { return become(ConnectorState::kRunning); }
  Status stop() override { return become(ConnectorState::kStopped); }
  Status remove() override { return become(ConnectorState::kAbsent); }

 private:
  Status become(ConnectorState state) {
    server_.connector = state;
    return {};
  }
  Server& server_;
};

// One relay process.
struct Process {
  explicit Process(Server& server)
      : history(memory::open_history(server.record)),
        topics(memory::open_topic_log(server.topic)),
        own(memory::open_publisher(server.topic)),
        leases(memory::open_leases(server.leases)),
        slot(server),
        connector(server),
        publisher({*history, *topics, *own, *leases, slot, connector}, "relay"),
        relay(*history, publisher, *leases,
              {"relay", "one", milliseconds(300), milliseconds(0), 7}) {}
  std::unique_ptr<History> history;
  std::unique_ptr<EventLog> topics;
  std::unique_ptr<EventPublisher> own;
  std::unique_ptr<LeaseStore> leases;
  ServerSlot slot;
  ServerConnector connector;
  CapturedPublisher publisher;
  Relay relay;
};

class CapturedPublisherTest : public testing::Test {
 protected:
  CapturedPublisherTest() { restart(); }
  void restart() {
    server_.leases.now += 1'000;
    process_ = std::make_unique<Process>(server_);
  }
  void commit(std::uint64_t seed, int commands) { grow_history(server_.record, seed, commands); }
  Status tend() { return process_->publisher.tend(process_->relay.position()); }
  Result<std::size_t> step() {
    return process_->relay.step(Relay::Time(milliseconds(server_.leases.now)));
  }
  // As often as it takes when the connector keeps up; true: everything is published.
  bool settle() {
    for (int round = 0; round < 200; ++round) {
      (void)tend();
      server_.bring(1'000);
      (void)step();
      if (process_->relay.position() == head() && server_.connector == ConnectorState::kRunning) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] Position head() const {
    return static_cast<Position>(server_.record.events.size());
  }
  std::uint64_t healed() { return process_->publisher.counters().healed; }

  // Every watermark stands behind all events of its partition up to it. Gives how many different
  // events there are.
  std::size_t check_topic() {
    std::set<Uuid> all;
    for (std::size_t at = 0; at < server_.topic.entries.size(); ++at) {
      std::set<Position> there;
      for (const auto& entry : server_.topic.entries[at]) {
        if (entry.event) {
          there.insert(entry.event->position);
          all.insert(entry.event->event_id);
          continue;
        }
        for (const auto& event : server_.record.events) {
          const bool here = memory::partition_of(server_.topic, event.stream.id) == at;
          if (!here || event.position > entry.watermark) continue;
          EXPECT_TRUE(there.contains(event.position))
              << "watermark " << entry.watermark << " passed " << event.position;
        }
      }
    }
    return all.size();
  }

  Server server_;
  std::unique_ptr<Process> process_;
};

TEST_F(CapturedPublisherTest, TheFirstOwnerMakesTheSlotAndFillsTheTopicsBeforeTheConnectorRuns) {
  commit(1, 40);
  EXPECT_THAT(step(), fails_with(ErrorCode::kUnavailable)) << "it has the lease, and no events";
  EXPECT_THAT(tend(), fails_with(ErrorCode::kUnavailable));
  EXPECT_TRUE(server_.slot);
  EXPECT_EQ(server_.connector, ConnectorState::kAbsent);
  ASSERT_TRUE(settle());
  EXPECT_EQ(process_->publisher.counters().slots_made, 1U);
  EXPECT_EQ(check_topic(), server_.record.events.size());
}

TEST_F(CapturedPublisherTest, WhatTheConnectorBringsIsNotPublishedAgain) {
  ASSERT_TRUE(settle());
  commit(2, 40);
  EXPECT_THAT(step(), fails_with(ErrorCode::kUnavailable)) << "it has brought nothing yet";
  server_.bring(3);
  EXPECT_THAT(step(), fails_with(ErrorCode::kUnavailable));
  ASSERT_TRUE(settle());
  EXPECT_EQ(healed(), 0U);
  std::size_t events = 0;
  for (const auto& partition : server_.topic.entries) {
    for (const auto& entry : partition) events += entry.event ? 1 : 0;
  }
  EXPECT_EQ(events, server_.record.events.size());
  EXPECT_EQ(check_topic(), events);
}

TEST_F(CapturedPublisherTest, ALostSlotIsMadeAnewAndTheGapFilledFromTheRecord) {
  commit(3, 20);
  ASSERT_TRUE(settle());
  const auto before = healed();
  server_.slot = false;
  commit(4, 20);
  EXPECT_THAT(tend(), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(server_.connector, ConnectorState::kStopped) << "until the gap is filled";
  ASSERT_TRUE(settle());
  EXPECT_GT(healed(), before);
  EXPECT_EQ(check_topic(), server_.record.events.size());
}

TEST_F(CapturedPublisherTest, ASlotThatWasMovedBehindOurBackIsFoundOut) {
  ASSERT_TRUE(settle());
  commit(5, 20);
  server_.confirmed = server_.end();  // as if it had been made anew by hand
  EXPECT_THAT(step(), fails_with(ErrorCode::kUnavailable)) << "it may still be under way";
  ASSERT_TRUE(settle());
  EXPECT_EQ(healed(), server_.record.events.size());
  EXPECT_EQ(check_topic(), server_.record.events.size());
}

TEST_F(CapturedPublisherTest, APausedConnectorIsLeftAloneAndAFailedOneStartedAgain) {
  ASSERT_TRUE(settle());
  server_.connector = ConnectorState::kPaused;
  const auto paused = tend();
  ASSERT_THAT(paused, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(paused.error().message, HasSubstr("paused"));
  EXPECT_EQ(server_.connector, ConnectorState::kPaused);
  server_.connector = ConnectorState::kFailed;
  const auto failed = tend();
  ASSERT_THAT(failed, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(failed.error().message, HasSubstr("its task is broken"));
  EXPECT_EQ(server_.connector, ConnectorState::kRunning);
  EXPECT_THAT(tend(), is_ok());
}

TEST_F(CapturedPublisherTest, EventsOfAnotherRecordInTheTopicsStopIt) {
  ASSERT_TRUE(settle());
  commit(6, 5);
  Event foreign = server_.record.events.back();
  foreign.event_id = make_uuid_v7(9, 9, 9);
  for (auto& partition : server_.topic.entries) partition.push_back({foreign, 0});
  server_.bring(1'000);
  const auto stopped = step();
  ASSERT_THAT(stopped, fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(stopped.error().message, HasSubstr("another record"));
}

// Whatever happens in whatever order, in the end everything is there, and never too early.
class CapturedPublisherChaos : public CapturedPublisherTest,
                               public testing::WithParamInterface<unsigned> {};

TEST_P(CapturedPublisherChaos, NothingIsLostAndNoWatermarkComesTooEarly) {
  std::mt19937 random(GetParam());
  for (unsigned round = 0; round < 120; ++round) {
    switch (random() % 12) {
      case 0:
        server_.slot = false;
        break;
      case 1:
        if (server_.slot) server_.confirmed = server_.end();
        break;
      case 2:
        server_.connector = ConnectorState::kFailed;
        break;
      case 3:
        restart();
        break;
      case 4:
      case 5:
        commit(GetParam() * 1'000 + round, 1 + static_cast<int>(random() % 6));
        break;
      case 6:
      case 7:
        server_.bring(random() % 8);
        break;
      case 8:
        (void)tend();
        break;
      default:
        (void)step();
    }
    ASSERT_LE(check_topic(), server_.record.events.size());
    if (HasFailure()) return;
  }
  ASSERT_TRUE(settle());
  EXPECT_EQ(check_topic(), server_.record.events.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, CapturedPublisherChaos, testing::Range(1U, 41U));

}  // namespace
}  // namespace cqrs
