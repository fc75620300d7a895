// What is created is decided before anything is loaded. That must show in the number of round trips
// alone: whatever is there already, or was written by somebody else meanwhile, is found out.
#include "core/write/command_handler.h"

#include "cli/faults/fault_proxy.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

// Tells how often commands were decided: once on what is presumed, once more on what was loaded
// after all.
class CountedStore final : public WriteStore {
 public:
  explicit CountedStore(const postgres::Options& options)
      : store_(opened(postgres::open_write_store(options))) {}
  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    return store_->transact(touched, [&](const Loaded& loaded) {
      ++decided_;
      return decide(loaded);
    });
  }
  int decided() { return std::exchange(decided_, 0); }

 private:
  std::unique_ptr<WriteStore> store_;
  int decided_ = 0;
};

// One command process.
class Writer {
 public:
  explicit Writer(const postgres::Options& options, std::uint64_t number = 1)
      : store_(options), handler_(store_, clock_, number) {}
  Outcome operator()(const Command& command) {
    return handler_.execute(std::vector<Command>{command}).front();
  }
  std::vector<Outcome> all(const std::vector<Command>& commands) {
    return handler_.execute(commands);
  }
  // The first transaction of a store always looks where the record ends.
  void warm(std::uint64_t user) {
    EXPECT_THAT((*this)(create_user(user)), is_ok());
    EXPECT_EQ(decided(), 1);
  }
  int decided() { return store_.decided(); }

 private:
  ManualClock clock_{kNow};
  CountedStore store_;
  CommandHandler handler_;
};

class Presumed : public testing::Test {
 protected:
  void SetUp() override { writer_.warm(1); }
  // Every position once, in order, and each stream's versions too.
  void expect_whole(Position head) {
    const auto events = opened(postgres::open_history(schema_.options()))->read(0, 10'000);
    ASSERT_THAT(events, is_ok());
    ASSERT_EQ(events->size(), static_cast<std::size_t>(head));
    std::map<StreamKey, std::int64_t> versions;
    Position at = 0;
    for (const auto& event : *events) {
      EXPECT_EQ(event.position, ++at);
      EXPECT_EQ(event.version, ++versions[event.stream]);
    }
  }

  PostgresSchema schema_;
  Writer writer_{schema_.options()};
  Writer other_{schema_.options(), 2};
};

TEST_F(Presumed, WhatIsNewIsDecidedOnce) {
  const auto created = writer_(with_key(create_user(2), 7));
  ASSERT_THAT(created, is_ok());
  EXPECT_EQ(created->position, 2);
  EXPECT_THAT(writer_(create_product(1)), is_ok());
  EXPECT_EQ(writer_.decided(), 2);
  expect_whole(3);
}

// Rows that come and go within one batch need more than adding.
TEST_F(Presumed, WhatIsCreatedAndChangedOrDeletedInOneBatchIsWhole) {
  EXPECT_THAT(writer_.all({create_user(2), rename_user(2, "Bob"), delete_user(2)}),
              testing::Each(is_ok()));
  EXPECT_THAT(writer_.all({create_product(1), change_price(1, Money{77}), delete_product(1)}),
              testing::Each(is_ok()));
  EXPECT_THAT(writer_.all({create_user(3), change_email(3, "c@example.com"), create_user(4)}),
              testing::Each(is_ok()));
  expect_whole(10);
}

TEST_F(Presumed, WhatIsThereAlreadyIsRefusedAsEver) {
  EXPECT_THAT(writer_(create_user(1)), fails_with(ErrorCode::kAlreadyExists, "id"));
  EXPECT_EQ(writer_.decided(), 2);
  EXPECT_THAT(writer_(delete_user(1)), is_ok());
  EXPECT_THAT(writer_(create_user(1)), fails_with(ErrorCode::kAlreadyExists, "id"));
  EXPECT_THAT(writer_(create_user(2)), is_ok());
  expect_whole(3);
}

TEST_F(Presumed, AClaimOfSomebodyElseIsRefusedAsEver) {
  EXPECT_THAT(writer_(create_user(2, an_email(1))), fails_with(ErrorCode::kAlreadyExists, "email"));
  EXPECT_EQ(writer_.decided(), 2);
  EXPECT_THAT(writer_(create_user(2)), is_ok());
  expect_whole(2);
}

TEST_F(Presumed, ARepeatedCommandIsAnsweredAsTheFirstTime) {
  const Command command = with_key(create_user(2), 7);
  const auto first = writer_(command);
  ASSERT_THAT(first, is_ok());
  EXPECT_THAT(writer_(with_key(create_user(3), 7, 2)),
              fails_with(ErrorCode::kAlreadyExists, "Idempotency-Key"));
  const auto second = writer_(command);
  ASSERT_THAT(second, is_ok());
  EXPECT_EQ(second->position, first->position);
  EXPECT_TRUE(second->replayed);
  expect_whole(2);
}

TEST_F(Presumed, WhatRefersToOthersIsLoaded) {
  for (const auto& command : {create_product(1), create_product(2)}) {
    EXPECT_THAT(writer_(command), is_ok());
  }
  EXPECT_THAT(writer_(change_price(2, Money{77})), is_ok());
  (void)writer_.decided();
  EXPECT_THAT(writer_(create_order(1, 1, {1, 2})), is_ok());
  EXPECT_EQ(writer_.decided(), 2);
  expect_whole(5);
}

TEST_F(Presumed, WhatAnotherProcessWroteMeanwhileIsSeen) {
  EXPECT_THAT(other_(create_user(2)), is_ok());
  const auto created = writer_(create_user(3));
  ASSERT_THAT(created, is_ok());
  EXPECT_EQ(created->position, 3);
  EXPECT_EQ(writer_.decided(), 2) << "the record had another end";
  expect_whole(3);
}

// Positions below it were given away once, although no row tells.
TEST_F(Presumed, AFloorThatWasRaisedMeanwhileIsSeen) {
  schema_.execute("UPDATE meta SET position_floor = 50");
  const auto created = writer_(create_user(2));
  ASSERT_THAT(created, is_ok());
  EXPECT_EQ(created->position, 51);
}

TEST_F(Presumed, FailuresInARowAreTriedLessAndLessOften) {
  int twice = 0;
  std::uint64_t user = 1'000;
  for (int round = 0; round < 100; ++round) {
    EXPECT_THAT(other_(create_user(++user)), is_ok());
    EXPECT_THAT(writer_(create_user(++user)), is_ok());
    twice += writer_.decided() - 1;
  }
  EXPECT_LT(twice, 10);
  EXPECT_GT(twice, 3);
}

// Which only what is loaded can tell, and a load that writes nothing forgets nothing.
TEST_F(Presumed, OldRequestsAreForgottenAllTheSame) {
  schema_.execute(
      "INSERT INTO requests(version, position, recorded_at, request_key, fingerprint, stream_id, "
      "kind, created) SELECT 1, 1, n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, "
      "true FROM generate_series(1, 1500) AS n");
  for (std::uint64_t user = 2; user < 1'100; ++user) {
    ASSERT_THAT(writer_(with_key(create_user(user), user)), is_ok());
    if (user % 100 == 0) {
      ASSERT_THAT(writer_(with_key(create_user(user), user)), is_ok());
    }
  }
  EXPECT_EQ(schema_.execute("SELECT count(*) FROM requests WHERE recorded_at <= 1500"), "0");
}

TEST_F(Presumed, FourProcessesThatCreateAtOnceLeaveNoGapAndNoClaimTwice) {
  constexpr std::uint64_t kEach = 150;
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      Writer writer(schema_.options(), 10 + number);
      for (std::uint64_t i = 0; i < kEach; ++i) {
        // Everybody wants the same addresses.
        const auto outcome = writer(create_user(1'000 * (number + 1) + i, an_email(5'000 + i)));
        if (outcome.ok()) {
          ++accepted;
        } else {
          EXPECT_THAT(outcome, fails_with(ErrorCode::kAlreadyExists, "email"));
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, kEach);
  expect_whole(1 + kEach);
}

TEST_F(Presumed, AfterACommitInDoubtItIsLoaded) {
  FaultProxy proxy(schema_.options().url);
  postgres::Options through = schema_.options();
  through.url = proxy.url();
  Writer writer(through, 3);
  writer.warm(2);
  for (const bool reaches : {true, false}) {
    const std::uint64_t user = reaches ? 3 : 4;
    const Command command = with_key(create_user(user), user);
    reaches ? proxy.lose_answer_to("COMMIT") : proxy.lose_request("COMMIT");
    EXPECT_THAT(writer(command), fails_with(ErrorCode::kInDoubt));
    (void)writer.decided();
    const auto again = writer(command);
    ASSERT_THAT(again, is_ok());
    EXPECT_EQ(again->replayed, reaches);
    EXPECT_EQ(again->position, static_cast<Position>(user));
    EXPECT_EQ(writer.decided(), 1) << "nothing is presumed of a record that was out of sight";
  }
  expect_whole(4);
}

}  // namespace
}  // namespace cqrs
