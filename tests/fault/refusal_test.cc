// A data directory that cannot be used: a clear refusal that names the way out, the right exit
// code, and nothing changed.
#include "tests/e2e/support/mixed_load.h"
#include "tests/fault/small_disk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

using std::filesystem::create_directories;

// What stands in a directory: names and contents.
std::map<std::string, std::string> contents(const std::string& directory) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string path = entry.path();
    all[path] = entry.is_regular_file() ? read_text(path) : "";
  }
  return all;
}

// Exit code 3, on stderr the path and, behind the last colon, what to do.
void expect_refusal(const Finished& finished, const std::string& path, const std::string& way_out) {
  EXPECT_EQ(finished.exit_code, 3) << finished;
  EXPECT_NE(finished.err.find(path), std::string::npos) << finished;
  const auto at = finished.err.rfind(": ");
  ASSERT_NE(at, std::string::npos) << finished;
  EXPECT_NE(finished.err.find(way_out, at), std::string::npos) << finished;
}

// Runs as root without root's licence to write where the permissions forbid it.
Words unprivileged(const Words& words) {
  Words all{"/usr/bin/setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps",
            "-dac_override,-dac_read_search"};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

TEST(Refusal, AReadOnlyDataDirectory) {
  const TestSystem system;
  const SmallDisk disk(system.dir(), 16'000'000);
  system.up();
  system.ctl_json({"seed", "--users", "50", "--products", "50", "--orders", "50"});
  system.down();
  const auto before = contents(system.dir());
  disk.set_read_only(true);
  expect_refusal(system.ctl({"up"}), system.dir(), "let this user write there");
  expect_refusal(system.service({"--data-dir", system.dir()}), system.dir(),
                 "let this user write there");
  expect_refusal(system.ctl({"seed", "--users", "5"}), system.dir(), "cqrsctl up");
  EXPECT_EQ(contents(system.dir()), before);
  disk.set_read_only(false);
  system.up();
  EXPECT_EQ(system.ctl_json({"verify", "--mode", "deep"}).value("verdict", ""), "pass");
}

TEST(Refusal, ADirectoryThatTurnsReadOnlyUnderLoad) {
  const TestSystem system;
  const SmallDisk disk(system.dir(), 64'000'000);
  system.up();
  MixedLoad load(system.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 200; }));
  // The kernel lets nobody remount while files are open for writing; so the service is stopped as
  // after a crash, and its files stay as they were.
  system.kill_service();
  disk.set_read_only(true);
  expect_refusal(system.ctl({"up"}), system.dir(), "let this user write there");
  disk.set_read_only(false);
  system.up("127.0.0.1:" + std::to_string(system.port()));
  ASSERT_TRUE(load.finish());
  load.expect_all_there(system);
}

TEST(Refusal, ADataDirectoryThatIsAFile) {
  const TestSystem system;
  write_text(system.dir(), "not a directory");
  for (const Words& words :
       {system.words({"up"}), Words{CQRSD_PROGRAM, "--data-dir", system.dir()}}) {
    expect_refusal(run(words, system.variables()), system.dir(), "choose another --data-dir");
  }
  EXPECT_EQ(read_text(system.dir()), "not a directory");
}

TEST(Refusal, AParentThatIsAFile) {
  const TestSystem system;
  write_text(system.dir(), "not a directory");
  const std::string below = system.dir() + "/deeper/still";
  for (const Words& words : {Words{CQRSCTL_PROGRAM, "--data-dir", below, "up"},
                             Words{CQRSD_PROGRAM, "--data-dir", below}}) {
    expect_refusal(run(words, system.variables()), below, "choose another --data-dir");
  }
}

TEST(Refusal, MissingParentsAreMade) {
  const TestSystem system;
  const std::string below = system.dir() + "/deeper/still";
  const Finished up = run({CQRSCTL_PROGRAM, "--data-dir", below, "up"}, system.variables());
  EXPECT_EQ(up.exit_code, 0) << up;
  EXPECT_TRUE(std::filesystem::exists(below + "/write.db"));
  const Finished down = run({CQRSCTL_PROGRAM, "--data-dir", below, "down"}, system.variables());
  EXPECT_EQ(down.exit_code, 0) << down;
}

TEST(Refusal, ADirectoryWithoutPermission) {
  const TestSystem system;
  system.up();
  system.down();
  const auto before = contents(system.dir());
  std::filesystem::permissions(system.dir(), std::filesystem::perms(0555));
  for (const Words& words :
       {system.words({"up"}), Words{CQRSD_PROGRAM, "--data-dir", system.dir()}}) {
    std::filesystem::remove(system.file("cqrsd.log"));
    expect_refusal(run(unprivileged(words), system.variables()), system.dir(),
                   "let this user write there");
  }
  std::filesystem::permissions(system.dir(), std::filesystem::perms(0755));
  system.up();
  for (const auto& [path, content] : before) {
    if (!path.ends_with("pepper-1.key")) continue;
    EXPECT_EQ(read_text(path), content);
  }
}

TEST(Refusal, AFileOfTheDirectoryWithoutPermission) {
  for (const char* name : {"write.db", "read-g1.db", "read.db", "pepper-1.key"}) {
    SCOPED_TRACE(name);
    const TestSystem system;
    system.up();
    system.down();
    std::filesystem::permissions(system.file(name), std::filesystem::perms(0));
    expect_refusal(
        run(unprivileged({CQRSD_PROGRAM, "--data-dir", system.dir()}), system.variables()),
        system.file(name), "let this user write there");
  }
}

TEST(Refusal, ALedgerOfANewerVersion) {
  const TestSystem system;
  system.up();
  system.ctl_json({"seed", "--users", "5", "--products", "5", "--orders", "5"});
  const std::string ledger = system.file("ledgers/seed-42.bin");
  std::string content = read_text(ledger);
  content[7] = '9';
  write_text(ledger, content);
  for (const Words& words : {Words{"ledger", "stat"}, Words{"verify"}}) {
    expect_refusal(system.ctl(words), ledger, "use the version of the program that wrote it");
  }
}

TEST(Refusal, APortInUse) {
  const TestSystem first;
  first.up();
  const TestSystem second;
  const std::string listen = "127.0.0.1:" + std::to_string(first.port());
  for (const Words& words :
       {second.words({"up", "--listen", listen}),
        Words{CQRSD_PROGRAM, "--data-dir", second.dir(), "--listen", listen}}) {
    expect_refusal(run(words, second.variables()), listen, "--listen");
  }
  EXPECT_FALSE(std::filesystem::exists(second.file("run.json")));
  second.up();
}

TEST(Refusal, ADirectoryThatHasAnOwner) {
  const TestSystem system;
  system.up();
  const Finished second = system.service({"--data-dir", system.dir()});
  EXPECT_EQ(second.exit_code, 2) << second;
  EXPECT_NE(second.err.find(std::to_string(system.pid())), std::string::npos) << second;
  EXPECT_NE(second.err.find(": stop it with cqrsctl down"), std::string::npos) << second;
  EXPECT_EQ(system.head(), 0);
}

}  // namespace
}  // namespace cqrs::e2e
