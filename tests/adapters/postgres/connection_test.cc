// A connection that breaks: what the caller is told, and that the next call works.
#include "core/adapters/postgres/connection.h"

#include "core/write/command_handler.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class BrokenConnection : public testing::Test {
 protected:
  static Changes one_event(const Loaded& loaded) {
    Changes changes;
    const auto number = static_cast<std::uint64_t>(loaded.head + 1);
    changes.events.push_back(an_event(loaded.head + 1, user_key(number), 1, user_created(number)));
    return changes;
  }
  Position head() {
    const auto found = opened(postgres::open_history(schema_.options()))->head();
    EXPECT_THAT(found, is_ok());
    return *found;
  }

  PostgresSchema schema_;
  std::unique_ptr<WriteStore> store_ = opened(postgres::open_write_store(schema_.options()));
};

TEST_F(BrokenConnection, BetweenTransactionsFailsOneAsUnavailableAndTheNextWorks) {
  ASSERT_EQ(schema_.terminate(), 1);
  EXPECT_THAT(store_->transact({}, one_event), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(head(), 0);
  EXPECT_THAT(store_->transact({}, one_event), is_ok());
  EXPECT_EQ(head(), 1);
}

TEST_F(BrokenConnection, WithinATransactionIsUnavailableAndNothingWasWritten) {
  const auto status = store_->transact({}, [&](const Loaded& loaded) {
    EXPECT_EQ(schema_.terminate(), 1);
    return one_event(loaded);
  });
  EXPECT_THAT(status, fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(head(), 0);
  EXPECT_THAT(store_->transact({}, one_event), is_ok());
  EXPECT_EQ(head(), 1);
}

TEST_F(BrokenConnection, BeforeAStatementThatIsPreparedAlreadyLeavesNoDoubt) {
  ASSERT_THAT(store_->transact({}, one_event), is_ok());
  const auto status = store_->transact({}, [&](const Loaded& loaded) {
    EXPECT_EQ(schema_.terminate(), 1);
    return one_event(loaded);
  });
  EXPECT_THAT(status, fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(head(), 1);
  EXPECT_THAT(store_->transact({}, one_event), is_ok());
  EXPECT_EQ(head(), 2);
}

TEST_F(BrokenConnection, DuringCommitIsInDoubtAndTheNextTransactionSeesWhatIsThere) {
  // The server ends the session while it commits: a trigger that only fires then.
  schema_.execute(R"sql(
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(5);
        RETURN NULL;
      END $$;
    CREATE CONSTRAINT TRIGGER die_at_commit AFTER INSERT ON events
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die())sql");
  const auto status = store_->transact({}, one_event);
  ASSERT_THAT(status, fails_with(ErrorCode::kInDoubt));
  EXPECT_THAT(status.error().message, testing::HasSubstr("Idempotency-Key"));
  schema_.execute("DROP TRIGGER die_at_commit ON events");
  EXPECT_THAT(store_->transact({}, one_event), is_ok());
  EXPECT_EQ(head(), 1);
}

TEST_F(BrokenConnection, ACommitThatTheServerRefusesIsInternalAndNoDoubtIsLeft) {
  schema_.execute(R"sql(
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'not this one'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_at_commit AFTER INSERT ON events
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse())sql");
  EXPECT_THAT(store_->transact({}, one_event), fails_with(ErrorCode::kInternal));
  schema_.execute("DROP TRIGGER refuse_at_commit ON events");
  EXPECT_THAT(store_->transact({}, one_event), is_ok());
}

TEST_F(BrokenConnection, AWriteThatIsRefusedTakesItsCommitWithIt) {
  ASSERT_THAT(store_->transact({}, one_event), is_ok());
  const auto twice = [](const Loaded&) { return one_event({}); };
  EXPECT_THAT(store_->transact({}, twice), fails_with(ErrorCode::kInternal));
  EXPECT_EQ(head(), 1);
  EXPECT_THAT(store_->transact({}, one_event), is_ok()) << "on the same connection";
  EXPECT_EQ(head(), 2);
}

TEST_F(BrokenConnection, ReadersConnectAgain) {
  const auto history = opened(postgres::open_history(schema_.options()));
  const auto watch = opened(postgres::open_head_watch(schema_.options()));
  ASSERT_THAT(store_->transact({}, one_event), is_ok());
  ASSERT_EQ(schema_.terminate(), 3);
  EXPECT_THAT(history->read(0, 10), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(watch->wait(0, std::chrono::milliseconds(1)), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(history->read(0, 10)->size(), 1U);
  EXPECT_EQ(*watch->wait(0, std::chrono::milliseconds(1)), 1);
}

TEST_F(BrokenConnection, AnUnreachableServerIsUnavailableAndNoPasswordIsTold) {
  postgres::Options options = schema_.options();
  options.url = "postgresql://somebody:secret@127.0.0.1:1/nothing";
  const auto store = postgres::open_write_store(options);
  ASSERT_THAT(store, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(store.error().message, testing::HasSubstr("127.0.0.1"));
  EXPECT_THAT(store.error().message, testing::Not(testing::HasSubstr("secret")));
}

TEST_F(BrokenConnection, AUrlThatCannotBeReadIsInvalidAndNotRepeated) {
  postgres::Options options = schema_.options();
  for (const std::string url : {"postgres:/ada:secret@host/db", "postgresql://ada:secret@[host/db",
                                "postgresql://ada:secret@[::1]x/db", "ada:secret@host",
                                "postgresql://ada:secret%zz@host/", "host=here password='secret"}) {
    options.url = url;
    const auto history = postgres::open_history(options);
    ASSERT_THAT(history, fails_with(ErrorCode::kInvalid, "url")) << url;
    EXPECT_THAT(history.error().message, testing::Not(testing::HasSubstr("secret")));
  }
}

TEST_F(BrokenConnection, WhatAConstraintRefusesIsToldWithoutTheValueOfAClient) {
  ASSERT_THAT(store_->transact({}, one_event), is_ok());
  const auto status = store_->transact({}, [](const Loaded&) { return one_event({}); });
  ASSERT_THAT(status, fails_with(ErrorCode::kInternal));
  EXPECT_THAT(status.error().message, testing::HasSubstr("unique constraint"));
  EXPECT_THAT(status.error().message, testing::Not(testing::HasSubstr("already exists")));
}

}  // namespace
}  // namespace cqrs
