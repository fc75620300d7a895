// What every write store promises: one transaction is all or nothing, and what it loads is what was
// committed. Goal: a handler that works on one store works on all.
#include "core/events/codec.h"
#include "core/write/command_handler.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

const Claim kAdasEmail{ClaimField::kUserEmail, "ada@example.com"};

class WriteStoreContract : public testing::TestWithParam<Backend<WriteSide>> {
 protected:
  // Commits `changes` whatever is there.
  Status commit(const Changes& changes) {
    return store_->transact({}, [&](const Loaded&) { return changes; });
  }
  Loaded load(const Touched& touched) {
    Loaded loaded;
    const Status status = store_->transact(touched, [&](const Loaded& found) {
      loaded = found;
      return Changes();
    });
    EXPECT_THAT(status, is_ok());
    return loaded;
  }
  Touched everything() const { return {{user_key(1), user_key(2)}, {kAdasEmail}, {request().key}}; }
  static RequestRecord request() {
    return {make_uuid_v7(5, 5, 1), make_uuid_v7(6, 6, 1), user_key(1), 1, 1, true, kNow};
  }
  // The creation of user 1 with claim and idempotency record, at position 1.
  static Changes user_one() {
    Changes changes;
    changes.events.push_back(an_event(1, user_key(1), 1, user_created(1)));
    changes.streams.push_back(stream(user_key(1), 1, 1));
    changes.taken.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
    changes.requests.push_back(request());
    return changes;
  }
  static StreamRecord stream(const StreamKey& key, std::int64_t version, Position position) {
    StreamRecord record{key, version, false, {}, {}, position};
    const State state = a_full_user(1);
    append_state(record.state, state);
    record.digest = digest_of(key, version, &state);
    return record;
  }
  std::vector<Event> history() {
    auto events = side_->open_history()->read(0, 1'000);
    EXPECT_THAT(events, is_ok());
    return *events;
  }
  // Nothing of any later attempt is there: exactly user_one().
  void expect_only_user_one() {
    const Loaded loaded = load(everything());
    EXPECT_EQ(loaded.head, 1);
    ASSERT_TRUE(loaded.streams[0].has_value());
    EXPECT_EQ(loaded.streams[0]->version, 1);
    EXPECT_FALSE(loaded.streams[1].has_value());
    EXPECT_EQ(loaded.claim_owners[0], an_id(Kind::kUser, 1));
    ASSERT_TRUE(loaded.requests[0].has_value());
    EXPECT_THAT(history(), testing::ElementsAre(user_one().events[0]));
  }

  std::unique_ptr<WriteSide> side_ = GetParam().make();
  std::unique_ptr<WriteStore> store_ = side_->open_store();
};

TEST_P(WriteStoreContract, EmptyStoreHasHeadZeroAndNothingElse) {
  const Loaded loaded = load(everything());
  EXPECT_EQ(loaded.head, 0);
  ASSERT_EQ(loaded.streams.size(), 2U);
  EXPECT_FALSE(loaded.streams[0].has_value());
  EXPECT_FALSE(loaded.streams[1].has_value());
  EXPECT_EQ(loaded.claim_owners, std::vector<std::optional<Uuid>>(1));
  ASSERT_EQ(loaded.requests.size(), 1U);
  EXPECT_FALSE(loaded.requests[0].has_value());
}

TEST_P(WriteStoreContract, StreamIsLoadedAsItWasCommitted) {
  ASSERT_THAT(commit(user_one()), is_ok());
  const Loaded loaded = load(everything());
  const StreamRecord expected = stream(user_key(1), 1, 1);
  ASSERT_TRUE(loaded.streams[0].has_value());
  EXPECT_EQ(loaded.streams[0]->key, expected.key);
  EXPECT_EQ(loaded.streams[0]->version, expected.version);
  EXPECT_EQ(loaded.streams[0]->deleted, expected.deleted);
  EXPECT_EQ(loaded.streams[0]->state, expected.state);
  EXPECT_EQ(loaded.streams[0]->digest, expected.digest);
  EXPECT_EQ(loaded.streams[0]->position, expected.position);
}

TEST_P(WriteStoreContract, RequestIsLoadedAsItWasCommitted) {
  ASSERT_THAT(commit(user_one()), is_ok());
  const Loaded loaded = load(everything());
  ASSERT_TRUE(loaded.requests[0].has_value());
  EXPECT_EQ(loaded.requests[0]->fingerprint, request().fingerprint);
  EXPECT_EQ(loaded.requests[0]->stream, request().stream);
  EXPECT_EQ(loaded.requests[0]->version, 1);
  EXPECT_EQ(loaded.requests[0]->position, 1);
  EXPECT_TRUE(loaded.requests[0]->created);
  EXPECT_EQ(loaded.requests[0]->recorded_at, kNow);
}

TEST_P(WriteStoreContract, LoadedEntriesFollowTheOrderOfWhatWasTouchedRepetitionsIncluded) {
  ASSERT_THAT(commit(user_one()), is_ok());
  const Claim other{ClaimField::kUserEmail, "other@example.com"};
  const Loaded loaded = load({{user_key(2), user_key(1), user_key(2), user_key(1)},
                              {other, kAdasEmail, kAdasEmail},
                              {make_uuid_v7(5, 5, 2), request().key}});
  ASSERT_EQ(loaded.streams.size(), 4U);
  EXPECT_FALSE(loaded.streams[0].has_value());
  EXPECT_TRUE(loaded.streams[1].has_value());
  EXPECT_FALSE(loaded.streams[2].has_value());
  EXPECT_TRUE(loaded.streams[3].has_value());
  EXPECT_THAT(loaded.claim_owners,
              testing::ElementsAre(std::nullopt, an_id(Kind::kUser, 1), an_id(Kind::kUser, 1)));
  EXPECT_FALSE(loaded.requests.at(0).has_value());
  EXPECT_TRUE(loaded.requests.at(1).has_value());
}

TEST_P(WriteStoreContract, DecideIsCalledOncePerTransaction) {
  int calls = 0;
  ASSERT_THAT(store_->transact({},
                               [&](const Loaded&) {
                                 ++calls;
                                 return user_one();
                               }),
              is_ok());
  EXPECT_EQ(calls, 1);
}

TEST_P(WriteStoreContract, TransactionWithoutChangesLeavesNothing) {
  ASSERT_THAT(commit({}), is_ok());
  EXPECT_EQ(load({}).head, 0);
  EXPECT_TRUE(history().empty());
}

TEST_P(WriteStoreContract, RequestWithoutAnEventIsKept) {
  Changes changes;
  changes.requests.push_back(request());
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_TRUE(load(everything()).requests[0].has_value());
  EXPECT_EQ(load({}).head, 0);
}

TEST_P(WriteStoreContract, RepeatedEventIdIsInternalAndChangesNothing) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes bad;
  bad.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  bad.events.push_back(an_event(3, user_key(1), 2, user_renamed("Ada")));
  bad.events.back().event_id = user_one().events[0].event_id;
  bad.streams = {stream(user_key(2), 1, 2), stream(user_key(1), 2, 3)};
  bad.released.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
  bad.taken.push_back({kAdasEmail, an_id(Kind::kUser, 2)});
  EXPECT_THAT(commit(bad), fails_with(ErrorCode::kInternal));
  expect_only_user_one();
}

TEST_P(WriteStoreContract, RepeatedVersionOfAStreamIsInternalAndChangesNothing) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes bad;
  bad.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  bad.events.push_back(an_event(3, user_key(1), 1, user_renamed("Ada")));
  bad.streams = {stream(user_key(2), 1, 2), stream(user_key(1), 1, 3)};
  EXPECT_THAT(commit(bad), fails_with(ErrorCode::kInternal));
  expect_only_user_one();
}

TEST_P(WriteStoreContract, RepeatedPositionIsInternalAndChangesNothing) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes bad;
  bad.events.push_back(an_event(1, user_key(2), 1, user_created(2)));
  bad.events.back().event_id = make_uuid_v7(9, 9, 77);
  bad.streams = {stream(user_key(2), 1, 1)};
  EXPECT_THAT(commit(bad), fails_with(ErrorCode::kInternal));
  expect_only_user_one();
}

TEST_P(WriteStoreContract, StoreStillWorksAfterAFailedTransaction) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes bad;
  bad.events.push_back(an_event(2, user_key(1), 1, user_created(1)));
  bad.released.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
  bad.requests.push_back(request());
  bad.requests.back().key = make_uuid_v7(5, 5, 9);
  ASSERT_THAT(commit(bad), fails_with(ErrorCode::kInternal));
  Changes good;
  good.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  good.streams = {stream(user_key(2), 1, 2)};
  good.released.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
  good.taken.push_back({kAdasEmail, an_id(Kind::kUser, 2)});
  ASSERT_THAT(commit(good), is_ok());
  const Loaded loaded = load({{}, {kAdasEmail}, {make_uuid_v7(5, 5, 9)}});
  EXPECT_EQ(loaded.head, 2);
  EXPECT_EQ(loaded.claim_owners[0], an_id(Kind::kUser, 2));
  EXPECT_FALSE(loaded.requests[0].has_value());
}

TEST_P(WriteStoreContract, ClaimIsReleasedBeforeItIsTaken) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes changes;
  changes.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  changes.streams = {stream(user_key(2), 1, 2)};
  changes.taken.push_back({kAdasEmail, an_id(Kind::kUser, 2)});
  changes.released.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_EQ(load(everything()).claim_owners[0], an_id(Kind::kUser, 2));
}

TEST_P(WriteStoreContract, ReleaseOfAClaimThatWasNeverWrittenIsHarmless) {
  Changes changes = user_one();
  changes.taken.clear();
  changes.released.push_back({kAdasEmail, an_id(Kind::kUser, 1)});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_EQ(load(everything()).claim_owners[0], std::nullopt);
}

TEST_P(WriteStoreContract, ReleaseByAnotherThanTheOwnerIsHarmless) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes changes;
  changes.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  changes.streams = {stream(user_key(2), 1, 2)};
  changes.released.push_back({kAdasEmail, an_id(Kind::kUser, 2)});
  ASSERT_THAT(commit(changes), is_ok());
  EXPECT_EQ(load(everything()).claim_owners[0], an_id(Kind::kUser, 1));
}

TEST_P(WriteStoreContract, EqualValuesOfDifferentFieldsAreDifferentClaims) {
  Changes changes = user_one();
  const Claim nickname{ClaimField::kUserNickname, kAdasEmail.value};
  changes.taken.push_back({nickname, an_id(Kind::kUser, 2)});
  ASSERT_THAT(commit(changes), is_ok());
  const Loaded loaded = load({{}, {kAdasEmail, nickname}, {}});
  EXPECT_EQ(loaded.claim_owners[0], an_id(Kind::kUser, 1));
  EXPECT_EQ(loaded.claim_owners[1], an_id(Kind::kUser, 2));
}

TEST_P(WriteStoreContract, CommittedChangesAreThereForTheNextOwnerOfTheStore) {
  ASSERT_THAT(commit(user_one()), is_ok());
  store_.reset();
  store_ = side_->open_store();
  expect_only_user_one();
}

TEST_P(WriteStoreContract, DeletedStreamKeepsItsVersion) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes changes;
  changes.events.push_back(an_event(2, user_key(1), 2, user_renamed("Ada")));
  changes.streams.push_back({user_key(1), 2, true, "", digest_of(user_key(1), 2, nullptr), 2});
  ASSERT_THAT(commit(changes), is_ok());
  const Loaded loaded = load(everything());
  ASSERT_TRUE(loaded.streams[0].has_value());
  EXPECT_TRUE(loaded.streams[0]->deleted);
  EXPECT_EQ(loaded.streams[0]->version, 2);
  EXPECT_EQ(loaded.streams[0]->state, "");
}

TEST_P(WriteStoreContract, PositionsAreContiguousOverManyBatches) {
  ManualClock clock(kNow);
  CommandHandler handler(*store_, clock, 7);
  for (std::uint64_t batch = 0; batch < 5; ++batch) {
    std::vector<Command> commands;
    for (std::uint64_t i = 0; i < 20; ++i) {
      commands.push_back(create_user(batch * 20 + i));
      commands.push_back(rename_user(batch * 20 + i + 7, "Nobody yet"));
    }
    for (std::uint64_t i = 0; i < 20; ++i) commands.push_back(rename_user(i, "Again"));
    (void)handler.execute(commands);
  }
  const auto events = history();
  ASSERT_GE(events.size(), 100U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].position, static_cast<Position>(i + 1));
  }
  EXPECT_EQ(load({}).head, static_cast<Position>(events.size()));
}

TEST_P(WriteStoreContract, RecordsOlderThanTheLimitAreForgottenAndNoOthers) {
  ASSERT_THAT(commit(user_one()), is_ok());
  Changes later;
  later.events.push_back(an_event(2, user_key(2), 1, user_created(2)));
  later.streams.push_back(stream(user_key(2), 1, 2));
  later.requests.push_back(request());
  later.requests.back().key = make_uuid_v7(5, 5, 2);
  later.requests.back().recorded_at.micros = kNow.micros + 10;
  later.forget_requests_before = kNow;
  ASSERT_THAT(commit(later), is_ok());
  const Touched both{{}, {}, {request().key, later.requests.back().key}};
  EXPECT_TRUE(load(both).requests[0].has_value());
  Changes last;
  last.events.push_back(an_event(3, user_key(2), 2, user_renamed("Ada")));
  last.streams.push_back(stream(user_key(2), 2, 3));
  last.forget_requests_before.micros = kNow.micros + 1;
  ASSERT_THAT(commit(last), is_ok());
  for (int look = 0; look < 2; ++look) {
    EXPECT_FALSE(load(both).requests[0].has_value());
    EXPECT_TRUE(load(both).requests[1].has_value());
    store_.reset();  // what is found must be the same when the store is opened again
    store_ = side_->open_store();
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, WriteStoreContract, testing::ValuesIn(write_backends()),
                         backend_name<WriteSide>);

}  // namespace
}  // namespace cqrs
