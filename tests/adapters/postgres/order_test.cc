// What several command processes at once must keep: positions without gaps that become visible in
// order, whatever else goes on in the database.
#include "core/write/command_handler.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kWriters = 4;
constexpr std::uint64_t kBatches = 30;
constexpr std::uint64_t kUsers = 10;  // per batch

class Order : public testing::Test {
 protected:
  std::unique_ptr<WriteStore> store() {
    return opened(postgres::open_write_store(schema_.options()));
  }
  std::unique_ptr<History> history() { return opened(postgres::open_history(schema_.options())); }

  // Each creates users of its own, and all of them rename the users 1 to 10.
  void write(std::uint64_t writer) {
    const auto own = store();
    const ManualClock clock(kNow);
    CommandHandler handler(*own, clock, 100 + writer);
    for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
      std::vector<Command> commands;
      for (std::uint64_t i = 0; i < kUsers; ++i) {
        commands.push_back(create_user(1'000 * (writer + 1) + batch * kUsers + i));
        commands.push_back(rename_user(i + 1, "W" + std::to_string(writer * 1'000 + batch)));
      }
      for (const auto& outcome : handler.execute(commands)) EXPECT_THAT(outcome, is_ok());
    }
  }

  void create_shared_users() {
    const auto own = store();
    const ManualClock clock(kNow);
    std::vector<Command> commands;
    for (std::uint64_t i = 1; i <= kUsers; ++i) commands.push_back(create_user(i));
    for (const auto& outcome : CommandHandler(*own, clock, 7).execute(commands)) {
      ASSERT_THAT(outcome, is_ok());
    }
  }

  PostgresSchema schema_;
};

TEST_F(Order, ATailingReaderNeverSeesAGapWhileFourProcessesWrite) {
  create_shared_users();
  constexpr Position kAll = kUsers + kWriters * kBatches * kUsers * 2;
  std::vector<std::thread> writers;
  for (std::uint64_t i = 0; i < kWriters; ++i) writers.emplace_back([this, i] { write(i); });
  const auto record = history();
  Position at = 0;
  std::map<StreamKey, std::int64_t> versions;
  std::set<Uuid> ids;
  for (int idle = 0; at < kAll && idle < 20'000;) {
    const auto events = record->read(at, 100);
    ASSERT_THAT(events, is_ok());
    idle = events->empty() ? idle + 1 : 0;
    for (const auto& event : *events) {
      EXPECT_EQ(event.position, ++at);
      EXPECT_EQ(event.version, ++versions[event.stream]);
      EXPECT_TRUE(ids.insert(event.event_id).second);
    }
    const auto head = record->head();
    ASSERT_THAT(head, is_ok());
    EXPECT_GE(*head, at);
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(at, kAll);
}

TEST_F(Order, ATransactionLeftOpenElsewhereStopsNeitherWritersNorReaders) {
  const auto idle = schema_.session();
  pqxx::work idle_read(*idle);
  idle_read.exec("SELECT count(*) FROM events");
  const auto writing = schema_.session();
  pqxx::work idle_write(*writing);
  idle_write.exec("CREATE TABLE somebody_elses(number int); INSERT INTO somebody_elses VALUES(1)");
  create_shared_users();
  const auto events = history()->read(0, 100);
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(events->size(), kUsers);
}

TEST_F(Order, AWriterThatStandsStillWithinItsTransactionHoldsTheOthersBackAndLosesNothing) {
  create_shared_users();
  std::promise<void> inside;
  std::promise<void> go_on;
  std::thread slow([&] {
    EXPECT_THAT(store()->transact({},
                                  [&](const Loaded& loaded) {
                                    EXPECT_EQ(loaded.head, 10);
                                    inside.set_value();
                                    go_on.get_future().wait();
                                    Changes changes;
                                    changes.events.push_back(
                                        an_event(11, user_key(50), 1, user_created(50)));
                                    return changes;
                                  }),
                is_ok());
  });
  inside.get_future().wait();
  auto other = std::async(std::launch::async, [&] {
    Position head = 0;
    EXPECT_THAT(store()->transact({},
                                  [&](const Loaded& loaded) {
                                    head = loaded.head;
                                    return Changes();
                                  }),
                is_ok());
    return head;
  });
  EXPECT_EQ(other.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_EQ(other.get(), 11) << "it decides on what the one before it committed";
  slow.join();
}

TEST_F(Order, SystemsInOtherSchemasDoNotWaitForEachOther) {
  const PostgresSchema beside;
  const auto other = opened(postgres::open_write_store(beside.options()));
  EXPECT_THAT(store()->transact({},
                                [&](const Loaded&) {
                                  EXPECT_THAT(
                                      other->transact({}, [](const Loaded&) { return Changes(); }),
                                      is_ok());
                                  return Changes();
                                }),
              is_ok());
}

TEST_F(Order, PositionsGoOnBehindAPrunedTable) {
  create_shared_users();
  schema_.execute("UPDATE meta SET position_floor = (SELECT max(position) FROM events)");
  schema_.execute("DELETE FROM events");
  EXPECT_THAT(store()->transact({},
                                [](const Loaded& loaded) {
                                  EXPECT_EQ(loaded.head, 10);
                                  return Changes();
                                }),
              is_ok());
}

TEST_F(Order, WhatWasCommittedIsAnnouncedOnceAndOnlyWhenAsked) {
  const auto listening = schema_.session();
  const std::string channel = "cqrs_head_" + schema_.options().schema;
  struct Ear final : pqxx::notification_receiver {
    using pqxx::notification_receiver::notification_receiver;
    void operator()(const std::string& payload, int) override {
      ++(payload.empty() ? heard : mine);
    }
    int heard = 0, mine = 0;
  } ear(*listening, channel);
  const auto writer = store();
  const auto commit = [&] {
    EXPECT_THAT(writer->transact({},
                                 [](const Loaded& loaded) {
                                   Changes changes;
                                   const auto number = static_cast<std::uint64_t>(loaded.head + 1);
                                   changes.events.push_back(an_event(
                                       loaded.head + 1, user_key(number), 1, user_created(number)));
                                   return changes;
                                 }),
                is_ok());
  };
  writer->announce();
  commit();
  commit();
  // A notification of our own behind them, so that there is something to wait for.
  const auto heard = [&] {
    schema_.execute("NOTIFY \"" + channel + "\", 'mine'");
    while (ear.mine == 0) listening->await_notification();
    ear.mine = 0;
    return std::exchange(ear.heard, 0);
  };
  EXPECT_EQ(heard(), 0);
  writer->announce();
  writer->announce();
  EXPECT_EQ(heard(), 1);
}

TEST_F(Order, AHeadWatchIsWokenByACommitAndGivesUpInTime) {
  const auto watch = opened(postgres::open_head_watch(schema_.options()));
  const auto nothing = watch->wait(0, std::chrono::milliseconds(20));
  ASSERT_THAT(nothing, is_ok());
  EXPECT_EQ(*nothing, 0);
  auto writer = std::async(std::launch::async, [&] { create_shared_users(); });
  const auto head = watch->wait(0, std::chrono::seconds(10));
  ASSERT_THAT(head, is_ok());
  EXPECT_EQ(*head, 10);
  writer.get();
  const auto again = watch->wait(4, std::chrono::seconds(10));
  ASSERT_THAT(again, is_ok());
  EXPECT_EQ(*again, 10) << "at once: it is beyond what is known";
}

}  // namespace
}  // namespace cqrs
