// What the write store does in its own way on PostgreSQL: one statement in parts, settings that it
// relies on, records that are forgotten.
#include "core/write/write_store.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class PostgresWrites : public testing::Test {
 protected:
  static Changes one_event(const Loaded& loaded) {
    Changes changes;
    const auto number = static_cast<std::uint64_t>(loaded.head + 1);
    changes.events.push_back(an_event(loaded.head + 1, user_key(number), 1, user_created(number)));
    return changes;
  }
  Status commit(const Changes& changes) {
    return store_->transact({}, [&](const Loaded&) { return changes; });
  }
  Position head() {
    const auto found = opened(postgres::open_history(schema_.options()))->head();
    EXPECT_THAT(found, is_ok());
    return *found;
  }
  std::optional<CredentialRecord> credential(std::uint64_t user) {
    const auto found =
        opened(postgres::open_credentials(schema_.options()))->find(user_key(user).id);
    EXPECT_THAT(found, is_ok());
    return *found;
  }
  static CredentialRecord keyed(std::uint64_t user, char fill) {
    return {user_key(user).id, {CredentialStage::kKeyed, 1, std::string(32, fill)}, kNow};
  }
  static CredentialUpgrade wrapping(const CredentialRecord& before) {
    return {before.credential,
            {before.user, {CredentialStage::kWrapped, 1, "$argon2id$"}, {kNow.micros + 5}}};
  }
  // With keys and times `from` up to but without `to`.
  static Changes requests(std::uint64_t from, std::uint64_t to) {
    Changes changes;
    for (std::uint64_t i = from; i < to; ++i) {
      changes.requests.push_back({make_uuid_v7(i, 5, 1),
                                  make_uuid_v7(6, 6, 1),
                                  user_key(1),
                                  1,
                                  1,
                                  true,
                                  {static_cast<std::int64_t>(i)}});
    }
    return changes;
  }

  PostgresSchema schema_;
  std::unique_ptr<WriteStore> store_ = opened(postgres::open_write_store(schema_.options()));
};

TEST_F(PostgresWrites, AClaimIsNotTakenFromItsOwnerByWhoeverForgotToAsk) {
  const auto taken_by = [](std::uint64_t user) {
    return [user](const Loaded& loaded) {
      Changes changes = one_event(loaded);
      changes.taken.push_back({{ClaimField::kUserEmail, "ada@example.com"}, user_key(user).id});
      return changes;
    };
  };
  ASSERT_THAT(store_->transact({}, taken_by(1)), is_ok());
  EXPECT_THAT(store_->transact({}, taken_by(2)), fails_with(ErrorCode::kInternal));
  EXPECT_EQ(head(), 1);
}

TEST_F(PostgresWrites, EveryCharacterComesBackAndANulIsRefusedAlone) {
  const std::string odd = "{\"a\":\"\\\\ ' \\\" , {} NULL \xC3\xA4 \xF0\x9F\x98\x80 \n\t\"}";
  Event event = an_event(1, user_key(1), 1, user_created(1));
  event.data = odd;
  event.traceparent = "NULL";
  const auto put = [&](const Event& one) {
    return store_->transact({}, [&](const Loaded&) {
      Changes changes;
      changes.events.push_back(one);
      return changes;
    });
  };
  ASSERT_THAT(put(event), is_ok());
  const auto events = opened(postgres::open_history(schema_.options()))->read(0, 1);
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(events->at(0), event);
  Event with_nul = an_event(2, user_key(2), 1, user_created(2));
  with_nul.data += '\0';
  EXPECT_THAT(put(with_nul), fails_with(ErrorCode::kInternal));
}

TEST_F(PostgresWrites, SettingsThatLoseCommitsAreRefusedByName) {
  postgres::Options options = schema_.options();
  options.url += "&options=-csynchronous_commit%3Doff";
  const auto store = postgres::open_write_store(options);
  ASSERT_THAT(store, fails_with(ErrorCode::kInvalid, "synchronous_commit"));
  EXPECT_THAT(store.error().message, testing::HasSubstr("set it to on"));
  EXPECT_THAT(postgres::open_history(options), is_ok());
  options.url = schema_.options().url + "&options=-csynchronous_commit%3Dlocal";
  EXPECT_THAT(postgres::open_write_store(options), is_ok());
}

TEST_F(PostgresWrites, ADefaultIsolationOfTheServerChangesNothing) {
  postgres::Options options = schema_.options();
  options.url +=
      "&options=-cdefault_transaction_isolation%3Dserializable%20"
      "-cdefault_transaction_read_only%3Don";
  const auto strict = opened(postgres::open_write_store(options));
  EXPECT_THAT(strict->transact({}, one_event), is_ok());
  EXPECT_EQ(head(), 1);
}

TEST_F(PostgresWrites, CredentialsArePutThenUpgradedThenRemovedWithinOneTransaction) {
  Changes changes;
  changes.credentials = {keyed(1, 'a'), keyed(1, 'b'), keyed(2, 'c'), keyed(3, 'd')};
  changes.upgrades = {wrapping(keyed(1, 'b')), wrapping(keyed(2, 'x')), wrapping(keyed(3, 'd')),
                      wrapping(keyed(4, 'e'))};
  changes.streams.push_back({user_key(3), 2, true, "", digest_of(user_key(3), 2, nullptr), 2});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_EQ(credential(1), wrapping(keyed(1, 'b')).after);
  EXPECT_EQ(credential(2), keyed(2, 'c'));
  EXPECT_FALSE(credential(3).has_value());
  EXPECT_FALSE(credential(4).has_value());
}

TEST_F(PostgresWrites, AClaimThatIsReleasedAndTakenInAChainEndsWithTheLastOne) {
  const Claim email{ClaimField::kUserEmail, "ada@example.com"};
  Changes first;
  first.taken = {{email, user_key(1).id}};
  first.requests = requests(1, 2).requests;
  ASSERT_THAT(commit(first), is_ok());
  Changes chain;
  chain.released = {{email, user_key(1).id}, {email, user_key(2).id}};
  chain.taken = {{email, user_key(3).id}};
  chain.requests = requests(2, 3).requests;
  ASSERT_THAT(commit(chain), is_ok());
  EXPECT_EQ(schema_.execute("SELECT owner FROM claims"), to_string(user_key(3).id));
  Changes stolen;
  stolen.released = {{email, user_key(1).id}};
  stolen.taken = {{email, user_key(4).id}};
  stolen.requests = requests(3, 4).requests;
  EXPECT_THAT(commit(stolen), fails_with(ErrorCode::kInternal)) << "it was not theirs to release";
  EXPECT_EQ(schema_.execute("SELECT owner FROM claims"), to_string(user_key(3).id));
}

TEST_F(PostgresWrites, OldRequestsGoABoundedNumberAtATimeWhoeverReadsMeanwhile) {
  ASSERT_THAT(commit(requests(1, 5'001)), is_ok());
  const auto reader = schema_.session();
  pqxx::transaction<pqxx::repeatable_read> old_snapshot(*reader);
  old_snapshot.exec("SELECT 1 FROM requests LIMIT 1");
  const char* expected[] = {"3001", "1002", "103", "104"};
  for (int i = 0; i < 4; ++i) {
    const auto next = static_cast<std::uint64_t>(6'000 + i);
    Changes changes = requests(next, next + 1);
    changes.forget_requests_before.micros = 4'901;
    ASSERT_THAT(commit(changes), is_ok());
    EXPECT_EQ(schema_.execute("SELECT count(*) FROM requests"), expected[i]);
  }
  EXPECT_EQ(schema_.execute("SELECT min(recorded_at) FROM requests"), "4901");
}

}  // namespace
}  // namespace cqrs
