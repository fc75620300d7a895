// Damaged, torn and foreign files: the program starts or refuses with the way out, and never
// serves or proves what is not so.
#include "tests/e2e/support/system.h"
#include "tests/fault/change_database.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

using std::filesystem::file_size;
using std::filesystem::resize_file;

void flip_byte(const std::string& path, std::size_t at) {
  std::string content = read_text(path);
  ASSERT_LT(at, content.size()) << path;
  content[at] = static_cast<char>(content[at] ^ 0x5A);
  write_text(path, content);
}

class Damage : public testing::Test {
 protected:
  // One commit per command, everything applied, then killed: all of it is in the logs.
  void write_and_kill(int products) const {
    system_.up();
    for (int i = 0; i < products; ++i) {
      ASSERT_EQ(system_.ask("POST", "/v1/products", R"({"name":"Lamp","price":17.35})").status,
                201);
    }
    ASSERT_TRUE(wait_until([&] { return system_.applied() == products; }));
    system_.kill_service();
  }
  void seed(int each) const {
    const std::string count = std::to_string(each);
    system_.up();
    system_.ctl_json({"seed", "--users", count, "--products", count, "--orders", count});
  }
  [[nodiscard]] std::string refusal(const Words& words) const {
    return system_.ctl_json(words, 3).value("error", Json::object()).value("message", "");
  }

  TestSystem system_;
};

TEST_F(Damage, AWriteStoreThatLostItsLastCommitIsNotServedByViewsThatHaveIt) {
  write_and_kill(20);
  const std::string wal = system_.file("write.db-wal");
  resize_file(wal, file_size(wal) - 100);
  const std::string message = refusal({"up"});
  EXPECT_NE(message.find("rebuild them"), std::string::npos) << message;
  EXPECT_NE(message.find("position 20"), std::string::npos) << message;
  const Json verify = system_.ctl_json({"verify", "--settle", "0s"}, 1);
  EXPECT_NE(verify.value("verdict", "pass"), "pass") << verify;
}

TEST_F(Damage, AFlippedByteInTheLogOfTheWriteStoreIsNotServedByViewsThatAreAhead) {
  write_and_kill(20);
  const std::string wal = system_.file("write.db-wal");
  flip_byte(wal, file_size(wal) / 2);
  const std::string message = refusal({"up"});
  EXPECT_NE(message.find("rebuild them"), std::string::npos) << message;
}

// The refusal says "rebuild them with cqrsctl WORDS": those words, as they stand, must lead out.
TEST_F(Damage, TheWayOutOfForeignViewsIsTheOneThatTheRefusalNames) {
  write_and_kill(20);
  const std::string wal = system_.file("write.db-wal");
  resize_file(wal, file_size(wal) - 100);
  const std::string message = refusal({"up"});
  const std::string program = "cqrsctl ";
  const auto at = message.rfind(program);
  ASSERT_NE(at, std::string::npos) << message;
  std::istringstream text(message.substr(at + program.size()));
  Words words;
  for (std::string word; text >> word;) words.push_back(word);
  const Finished way_out = system_.ctl(words);
  EXPECT_EQ(way_out.exit_code, 0) << way_out;
  const Finished up = system_.ctl({"up"});
  ASSERT_EQ(up.exit_code, 0) << up;
  EXPECT_EQ(system_.head(), 19);
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Damage, ALogCutUnderLoadStartsOrIsRefusedButReadsAreNeverAhead) {
  constexpr int kEach = 20'000 / kSlowdown;
  const std::string count = std::to_string(kEach);
  system_.up();
  {
    Process load(system_.words({"seed", "--users", count, "--products", count, "--orders", "0",
                                "--depth", "250"}),
                 system_.variables());
    ASSERT_TRUE(wait_until([&] { return system_.head() >= kEach; }));
    system_.kill_service();
  }
  const std::string wal = system_.file("write.db-wal");
  if (std::filesystem::exists(wal) && file_size(wal) > 100) resize_file(wal, file_size(wal) - 100);
  const Finished up = system_.ctl({"up"});
  if (up.exit_code != 0) {
    EXPECT_EQ(up.exit_code, 3) << up;
    EXPECT_NE(up.err.find("rebuild them"), std::string::npos) << up;
    return;
  }
  EXPECT_LE(system_.applied(), system_.head());
  // Without the ledger: what the log lost is lost, by construction.
  expect_no_differences(system_.ctl_json({"verify", "--mode", "buckets"}));
}

TEST_F(Damage, ViewsThatLostTheirLastCommitCatchUp) {
  write_and_kill(20);
  const std::string wal = system_.file("read-g1.db-wal");
  resize_file(wal, file_size(wal) - 100);
  system_.up();
  EXPECT_TRUE(wait_until([&] { return system_.applied() == 20; }));
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Damage, ViewsOfAnotherSystemAreRefused) {
  seed(10);
  system_.down();
  const TestSystem other;
  other.up();
  other.ctl_json({"seed", "--users", "10", "--products", "10", "--orders", "10", "--seed", "7"});
  other.down();
  write_text(system_.file("read-g1.db"), read_text(other.file("read-g1.db")));
  const std::string message = refusal({"up"});
  EXPECT_NE(message.find("another write store"), std::string::npos) << message;
}

TEST_F(Damage, MissingViewsAreRebuiltFromTheRecord) {
  seed(50);
  system_.down();
  std::filesystem::remove(system_.file("read-g1.db"));
  system_.up();
  EXPECT_TRUE(wait_until([&] { return system_.applied() == 150; }));
  expect_no_differences(system_.ctl_json({"verify", "--mode", "deep"}));
}

TEST_F(Damage, ContentChangedBehindTheProgramsBackIsADifference) {
  seed(50);
  change_database(system_.file("read-g1.db"),
                  "UPDATE users SET body = replace(body, '\"name\":\"', '\"name\":\"x') WHERE id = "
                  "(SELECT min(id) FROM users)");
  const Json verify = system_.ctl_json({"verify", "--mode", "deep"}, 1);
  EXPECT_EQ(verify.at("differences").value("field", 0), 1) << verify;
}

TEST_F(Damage, ALedgerWithATornTailIsReadAndProvesNoLoss) {
  seed(300);
  const std::string ledger = system_.file("ledgers/seed-42.bin");
  resize_file(ledger, file_size(ledger) - 100);
  const Json stat = system_.ctl_json({"ledger", "stat"});
  EXPECT_GT(stat.value("torn_bytes", 0), 0);
  EXPECT_EQ(stat.value("intended", 0), 900);
  EXPECT_EQ(stat.value("acknowledged", 0) + stat.value("indeterminate", 0), 900);
  const Json verify = system_.ctl_json({"verify"}, 4);
  expect_no_differences(verify);
}

TEST_F(Damage, ALedgerWithAFlippedByteInTheMiddleIsRefusedNamingTheByte) {
  seed(300);
  const std::string ledger = system_.file("ledgers/seed-42.bin");
  flip_byte(ledger, file_size(ledger) / 2);
  for (const Words& words : {Words{"ledger", "stat"}, Words{"verify"}}) {
    const std::string message = refusal(words);
    EXPECT_NE(message.find("damaged at byte"), std::string::npos) << message;
    EXPECT_NE(message.find("in block "), std::string::npos) << message;
    EXPECT_NE(message.find(ledger), std::string::npos) << message;
  }
}

TEST_F(Damage, WhatIsNoLedgerIsRefused) {
  write_text(system_.scratch("no-ledger"), "something else entirely, but long enough to look at");
  EXPECT_NE(refusal({"ledger", "stat", system_.scratch("no-ledger")}).find("is not a ledger"),
            std::string::npos);
}

TEST_F(Damage, ANewerSchemaIsRefusedByServiceAndToolAlike) {
  for (const char* name : {"write.db", "read-g1.db"}) {
    SCOPED_TRACE(name);
    const TestSystem system;
    system.up();
    system.down();
    change_database(system.file(name), "UPDATE meta SET value = 99 WHERE key = 'schema_version'");
    const Finished service = system.service({"--data-dir", system.dir()});
    EXPECT_EQ(service.exit_code, 3) << service;
    EXPECT_NE(service.err.find("schema version 99"), std::string::npos) << service;
    EXPECT_NE(service.err.find(name), std::string::npos) << service;
    const Json up = system.ctl_json({"up"}, 3);
    EXPECT_NE(up.at("error").value("message", "").find("schema version 99"), std::string::npos);
    system.ctl_json({"verify"}, 3);
  }
}

TEST_F(Damage, FilesThatAreNoDatabasesAreRefused) {
  for (const char* name : {"write.db", "read-g1.db", "read.db"}) {
    SCOPED_TRACE(name);
    const TestSystem system;
    system.up();
    system.down();
    write_text(system.file(name), std::string(50'000, 'x'));
    const Json up = system.ctl_json({"up"}, 3);
    EXPECT_NE(up.at("error").value("message", "").find(name), std::string::npos) << up;
  }
}

TEST_F(Damage, ADamagedRunFileIsNamed) {
  system_.up();
  system_.down();
  write_text(system_.file("run.json"), "{\"url\":");
  EXPECT_NE(refusal({"status"}).find("run.json"), std::string::npos);
}

TEST_F(Damage, AnEmptyPepperIsRefusedAndNotReplaced) {
  system_.up();
  system_.down();
  write_text(system_.file("pepper-1.key"), "short");
  EXPECT_NE(refusal({"up"}).find("pepper-1.key"), std::string::npos);
  EXPECT_EQ(read_text(system_.file("pepper-1.key")), "short");
}

}  // namespace
}  // namespace cqrs::e2e
