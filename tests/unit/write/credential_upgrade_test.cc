#include "core/write/credential_upgrade.h"

#include "core/adapters/memory/stores.h"
#include "core/base/password_hash.h"
#include "core/write/command_handler.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using memory::Fault;

class CredentialUpgradeTest : public testing::Test {
 protected:
  // Users 1 to `count`, each with a password of its own.
  void create_users(std::uint64_t count) {
    const auto store = memory::open_write_store(record_);
    const ManualClock clock(kNow);
    CommandHandler handler(*store, clock, 1);
    std::vector<Command> commands;
    for (std::uint64_t i = 1; i <= count; ++i) {
      commands.push_back(create_user(i));
      commands.back().credential = keyed_credential(password(i), keys_);
    }
    for (const auto& outcome : handler.execute(commands)) EXPECT_THAT(outcome, is_ok());
  }
  static std::string password(std::uint64_t number) {
    return "password of " + std::to_string(number);
  }
  CredentialUpgrader upgrader() {
    return {*reader_, [this](std::string_view keyed) { return hash(keyed); },
            [this](const std::vector<CredentialUpgrade>& upgrades) {
              ++commits_;
              return store_->transact({}, [&](const Loaded&) {
                Changes changes;
                changes.upgrades = upgrades;
                return changes;
              });
            }};
  }
  Result<std::string> hash(std::string_view keyed) {
    if (memory_short_) return make_error(ErrorCode::kUnavailable, "no memory");
    ++hashed_;
    return argon2id_hash(keyed, {1, 8});
  }
  void open(const memory::FaultPlan& plan) {
    store_ = memory::open_write_store(record_, plan);
    reader_ = memory::open_credentials(record_, plan);
  }
  // Steps until there is nothing to do; the end is that every step does something.
  static void finish(CredentialUpgrader& upgrader) {
    for (;;) {
      const auto worked = upgrader.step(kNow);
      ASSERT_THAT(worked, is_ok());
      if (!*worked) return;
    }
  }
  // One life after the other; an error is followed by another attempt.
  void live_until_done() {
    for (;;) {
      auto work = upgrader();
      try {
        for (;;) {
          const auto worked = work.step(kNow);
          if (worked && !*worked) return;
        }
      } catch (const memory::Crash&) {
        continue;  // the next life finds in the store what this one left
      }
    }
  }
  void expect_all_wrapped(std::uint64_t count) {
    ASSERT_EQ(record_.credentials.size(), count);
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto& record = record_.credentials.at(an_id(Kind::kUser, i));
      EXPECT_EQ(record.credential.stage, CredentialStage::kWrapped);
      EXPECT_EQ(record.credential.key_id, keys_.key_id);
      EXPECT_TRUE(*verify_password(record.credential, keys_, password(i)));
    }
  }

  SecretKeys keys_ = derive_keys(std::string(32, 'p'), 3);
  memory::MemoryRecord record_;
  std::unique_ptr<WriteStore> store_ = memory::open_write_store(record_);
  std::unique_ptr<CredentialReader> reader_ = memory::open_credentials(record_);
  bool memory_short_ = false;
  int hashed_ = 0;
  int commits_ = 0;
};

TEST_F(CredentialUpgradeTest, WithoutPasswordsThereIsNothingToDo) {
  auto work = upgrader();
  EXPECT_FALSE(*work.step(kNow));
  EXPECT_EQ(work.pending(), 0);
}

TEST_F(CredentialUpgradeTest, EveryPasswordIsWrappedOnceAndStillRecognised) {
  create_users(40);
  auto work = upgrader();
  finish(work);
  expect_all_wrapped(40);
  EXPECT_EQ(hashed_, 40);
  EXPECT_EQ(work.pending(), 0);
}

TEST_F(CredentialUpgradeTest, OneStepHashesAtMostOnePassword) {
  create_users(20);
  auto work = upgrader();
  for (int before = 0; *work.step(kNow); before = hashed_) EXPECT_LE(hashed_ - before, 1);
  EXPECT_EQ(hashed_, 20);
}

TEST_F(CredentialUpgradeTest, SeveralUpgradesAreOneTransaction) {
  create_users(CredentialUpgrader::kPage * 2);
  auto work = upgrader();
  finish(work);
  EXPECT_EQ(commits_, 2);
}

TEST_F(CredentialUpgradeTest, PendingCountsWhatIsLeftBeyondThePage) {
  create_users(CredentialUpgrader::kPage + 5);
  auto work = upgrader();
  ASSERT_TRUE(*work.step(kNow));
  EXPECT_EQ(work.pending(), static_cast<std::int64_t>(CredentialUpgrader::kPage + 5));
  while (commits_ == 0) ASSERT_TRUE(*work.step(kNow));
  EXPECT_EQ(work.pending(), 5);
}

TEST_F(CredentialUpgradeTest, FlushStoresWhatIsFinished) {
  create_users(5);
  auto work = upgrader();
  while (hashed_ < 2) ASSERT_TRUE(*work.step(kNow));
  EXPECT_THAT(work.flush(), is_ok());
  EXPECT_EQ(*reader_->count_keyed(), 3);
  EXPECT_EQ(work.pending(), 3);
  finish(work);
  expect_all_wrapped(5);
  EXPECT_EQ(hashed_, 5);
}

TEST_F(CredentialUpgradeTest, PasswordChangedMeanwhileStaysChanged) {
  create_users(2);
  auto work = upgrader();
  while (hashed_ < 2) ASSERT_TRUE(*work.step(kNow));
  Changes changes;
  changes.credentials.push_back(
      {an_id(Kind::kUser, 1), keyed_credential("a new password", keys_), kNow});
  ASSERT_THAT(store_->transact({}, [&](const Loaded&) { return changes; }), is_ok());
  finish(work);
  const auto record = reader_->find(an_id(Kind::kUser, 1));
  EXPECT_EQ((*record)->credential.stage, CredentialStage::kWrapped);
  EXPECT_TRUE(*verify_password((*record)->credential, keys_, "a new password"));
  EXPECT_FALSE(*verify_password((*record)->credential, keys_, password(1)));
}

TEST_F(CredentialUpgradeTest, UserDeletedMeanwhileStaysDeleted) {
  create_users(1);
  auto work = upgrader();
  while (hashed_ < 1) ASSERT_TRUE(*work.step(kNow));
  record_.credentials.clear();
  finish(work);
  EXPECT_TRUE(record_.credentials.empty());
}

TEST_F(CredentialUpgradeTest, WithoutMemoryNothingIsLostAndItIsTriedAgain) {
  create_users(3);
  auto work = upgrader();
  memory_short_ = true;
  ASSERT_TRUE(*work.step(kNow));
  EXPECT_THAT(work.step(kNow), fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(work.step(kNow), fails_with(ErrorCode::kUnavailable));
  memory_short_ = false;
  finish(work);
  expect_all_wrapped(3);
}

// Every call of the stores fails, or succeeds without saying so, or ends the process, once.
TEST_F(CredentialUpgradeTest, NoFaultAtAnyCallLosesAPassword) {
  constexpr std::uint64_t kUsers = CredentialUpgrader::kPage + 3;
  for (const Fault fault :
       {Fault::kNotDone, Fault::kDoneUnacknowledged, Fault::kCrashBefore, Fault::kCrashAfter}) {
    int calls = 0;
    int at = 0;
    // Until a run is over before its fault is due.
    for (; at <= calls; ++at) {
      SCOPED_TRACE(testing::Message() << "fault " << static_cast<int>(fault) << " at call " << at);
      record_ = memory::MemoryRecord();
      create_users(kUsers);
      calls = 0;
      open([&](std::string_view) { return calls++ == at ? fault : Fault::kNone; });
      live_until_done();
      open({});
      expect_all_wrapped(kUsers);
    }
    EXPECT_GE(at, 6) << "two pages take two reads, a count and two commits";
  }
}

}  // namespace
}  // namespace cqrs
