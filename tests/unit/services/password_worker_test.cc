#include "services/command/password_worker.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(RestAfter, WorkIsTheShareOfTheTime) {
  EXPECT_EQ(rest_after(milliseconds(20), milliseconds(20), 0.5), milliseconds(20));
  EXPECT_EQ(rest_after(milliseconds(30), milliseconds(30), 0.03), milliseconds(970));
  // What was spent waiting for something else counts as rest.
  EXPECT_EQ(rest_after(milliseconds(20), milliseconds(30), 0.5), milliseconds(10));
  EXPECT_EQ(rest_after(milliseconds(20), milliseconds(500), 0.5), nanoseconds(0));
  EXPECT_EQ(rest_after(milliseconds(20), milliseconds(20), 1), nanoseconds(0));
}

class PasswordWorkerTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kUsers = 5;

  void create_users() {
    struct Count final : Reply {
      std::promise<void> all;
      std::uint64_t missing = kUsers;
      void deliver(std::size_t, Outcome&& outcome) override {
        EXPECT_THAT(outcome, is_ok());
        if (--missing == 0) all.set_value();
      }
    };
    auto reply = std::make_shared<Count>();
    std::vector<PendingCommand> group;
    for (std::uint64_t i = 1; i <= kUsers; ++i) {
      Command command = create_user(i);
      command.credential = keyed_credential(password(i), keys_);
      group.push_back({std::move(command), reply, i, "create_user"});
    }
    ASSERT_THAT(committer_.submit(group), is_ok());
    ASSERT_EQ(reply->all.get_future().wait_for(std::chrono::seconds(60)),
              std::future_status::ready);
  }
  static std::string password(std::uint64_t number) {
    return "password of " + std::to_string(number);
  }
  // Ends when nothing is left, which the worker must reach by itself.
  void wait_until_all_are_wrapped() {
    const auto reader = side_->open_credentials();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (*reader->count_keyed() > 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up);
      std::this_thread::yield();
    }
  }

  SecretKeys keys_ = derive_keys(std::string(32, 'p'));
  std::unique_ptr<WriteSide> side_ = sqlite_write_side();
  std::unique_ptr<WriteStore> store_ = side_->open_store();
  SystemClock clock_;
  Metrics metrics_;
  Committer committer_{*store_, clock_, metrics_, [](Position) {}};
};

TEST_F(PasswordWorkerTest, WrapsEveryPasswordWhileCommandsGoOn) {
  PasswordWorker worker(side_->open_credentials(), committer_, clock_, 1);
  create_users();
  wait_until_all_are_wrapped();
  worker.stop();
  EXPECT_EQ(worker.pending(), 0);
  const auto reader = side_->open_credentials();
  for (std::uint64_t i = 1; i <= kUsers; ++i) {
    const auto record = reader->find(an_id(Kind::kUser, i));
    ASSERT_TRUE(record.ok() && record->has_value());
    EXPECT_EQ((*record)->credential.stage, CredentialStage::kWrapped);
    EXPECT_TRUE(*verify_password((*record)->credential, keys_, password(i)));
  }
}

TEST_F(PasswordWorkerTest, EndsAtOnceHoweverLongItWouldRest) {
  create_users();
  const auto started = std::chrono::steady_clock::now();
  {
    // One hash is followed by minutes of rest.
    const PasswordWorker worker(side_->open_credentials(), committer_, clock_, 0.0001);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
  EXPECT_GE(*side_->open_credentials()->count_keyed(), static_cast<std::int64_t>(kUsers) - 1);
}

TEST_F(PasswordWorkerTest, UpgradesAreRefusedAfterTheCommitterStopped) {
  create_users();
  committer_.stop();
  EXPECT_THAT(committer_.commit_upgrades({}), fails_with(ErrorCode::kUnavailable));
  EXPECT_EQ(*side_->open_credentials()->count_keyed(), static_cast<std::int64_t>(kUsers));
}

}  // namespace
}  // namespace cqrs
