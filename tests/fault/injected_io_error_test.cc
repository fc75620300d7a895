// System calls of the running programs fail, one file and one call at a time, by strace. What was
// acknowledged survives, what was not is told from it, and a restart finds the same.
#include "tests/e2e/support/mixed_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace cqrs::e2e {
namespace {

struct IoFault {
  const char* name;
  const char* file;  // in the data directory
  const char* call;
  const char* error;
  const char* when;     // strace's FIRST+STEP, counted per thread
  const char* refusal;  // the problem code that clients may see; empty: they notice nothing
};
std::ostream& operator<<(std::ostream& out, const IoFault& fault) { return out << fault.name; }

Words strace(const std::string& log, const std::string& path, const std::string& call,
             const std::string& error, const std::string& when) {
  std::string inject = "inject=" + call;
  inject += ":error=" + error + ":when=" + when;
  return {"/usr/bin/strace", "-f", "-qq", "-o", log, "-P", path, "-e", "trace=" + call, "-e",
          std::move(inject)};
}

// The same on a file that the program opens as PATH.new-PID before it links it to PATH, which is
// the name that its descriptor keeps. Behind -D the traced process is the one that the shell was.
Words strace_on_draft(const std::string& log, const std::string& path, const std::string& call,
                      const std::string& error, const std::string& when) {
  Words tracer = strace(log, path, call, error, when);
  tracer.erase(tracer.begin());
  tracer.insert(tracer.begin(),
                {"/bin/sh", "-c", R"(exec /usr/bin/strace -D -P "$0.new-$$" "$@")", path});
  return tracer;
}

// Makes one kind of call fail in a running process, until it is destroyed.
class Injection {
 public:
  Injection(const TestSystem& system, const IoFault& fault)
      : log_(system.scratch("strace.log")), tracer_(words(system, fault)) {
    const std::string tasks = "/proc/" + std::to_string(system.pid()) + "/task";
    const bool attached = wait_until([&] {
      const auto all = std::filesystem::directory_iterator(tasks);
      return !tracer_.running() ||
             std::all_of(std::filesystem::begin(all), std::filesystem::end(all),
                         [](const auto& task) {
                           return read_text(task.path() / "status").find("TracerPid:\t0\n") ==
                                  std::string::npos;
                         });
    });
    if (!attached || !tracer_.running()) {
      std::ostringstream text;
      text << "strace cannot attach: the test needs the right to trace: " << tracer_.wait();
      throw std::runtime_error(text.str());
    }
  }
  // Detaches; the process goes on.
  Finished detach() {
    tracer_.send(SIGINT);
    return tracer_.wait();
  }
  [[nodiscard]] std::size_t injected() const {
    const std::string text = read_text(log_);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find("(INJECTED)", at)) != std::string::npos; ++at) ++count;
    return count;
  }

 private:
  [[nodiscard]] Words words(const TestSystem& system, const IoFault& fault) const {
    Words all = strace(log_, system.file(fault.file), fault.call, fault.error, fault.when);
    all.insert(all.end(), {"-p", std::to_string(system.pid())});
    return all;
  }

  std::string log_;
  Process tracer_;
};

class IoError : public testing::TestWithParam<IoFault> {};

// The log of the write store is synced at every commit, its database and that of the views only
// when a log of some megabytes is copied into it.
INSTANTIATE_TEST_SUITE_P(
    Injected, IoError,
    testing::Values(
        IoFault{"CommitNotSynced", "write.db-wal", "fdatasync", "EIO", "5+20", "in_doubt"},
        IoFault{"CommitNotWritten", "write.db-wal", "pwrite64", "EIO", "50+400", "in_doubt"},
        IoFault{"NoRoomForCommit", "write.db-wal", "pwrite64", "ENOSPC", "50+400", "unavailable"},
        IoFault{"WriteStoreNotSynced", "write.db", "fdatasync", "EIO", "1+2", ""},
        IoFault{"WriteStoreNotWritten", "write.db", "pwrite64", "EIO", "20+500", ""},
        IoFault{"NoRoomForWriteStore", "write.db", "pwrite64", "ENOSPC", "20+500", ""},
        IoFault{"ViewsLogNotWritten", "read-g1.db-wal", "pwrite64", "EIO", "50+400", ""},
        IoFault{"NoRoomForViewsLog", "read-g1.db-wal", "pwrite64", "ENOSPC", "50+400", ""},
        IoFault{"ViewsLogNotSynced", "read-g1.db-wal", "fdatasync", "EIO", "1+2", ""},
        IoFault{"ViewsNotSynced", "read-g1.db", "fdatasync", "EIO", "1+2", ""},
        IoFault{"ViewsNotWritten", "read-g1.db", "pwrite64", "EIO", "20+500", ""}),
    [](const testing::TestParamInfo<IoFault>& fault) { return fault.param.name; });

TEST_P(IoError, LosesAndDoublesNothing) {
  const TestSystem system;
  system.up();
  MixedLoad load(system.endpoint(), {.chains = 60, .connections = 4});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 100; }));
  {
    Injection injection(system, GetParam());
    EXPECT_TRUE(wait_until([&] { return injection.injected() >= 3; })) << "nothing was injected";
    const auto before = load.acknowledged();
    EXPECT_TRUE(wait_until([&] { return load.acknowledged() >= before + 200; }));
    (void)injection.detach();
  }
  ASSERT_TRUE(load.finish());
  const std::string allowed = GetParam().refusal;
  for (const auto& [code, count] : load.refusals()) EXPECT_EQ(code, allowed) << count << " times";
  EXPECT_EQ(load.refusals().empty(), allowed.empty());
  load.expect_all_there(system);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
  // Once more from what is on the disk.
  system.kill_service();
  system.up();
  load.expect_all_there(system);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

// A commit whose sync failed is in doubt; when the process dies before the next one, the log may
// hold it. Whatever the next start finds it writes and syncs anew before it adds anything.
TEST(InjectedAtTheStart, WhatTheLogHoldsIsMadeDurableOrTheStartIsRefused) {
  const TestSystem system;
  system.up();
  MixedLoad load(system.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= 100; }));
  ASSERT_TRUE(load.finish());
  system.kill_service();
  for (const char* call : {"pwrite64", "fdatasync"}) {
    SCOPED_TRACE(call);
    // Every one of them: the log would be copied at the second try, when the file is closed.
    Words words = strace(system.scratch("strace.log"), system.file("write.db"), call, "EIO", "1+");
    words.insert(words.end(), {CQRSD_PROGRAM, "--data-dir", system.dir()});
    const Finished refused = run(words, system.variables());
    EXPECT_EQ(refused.exit_code, 3) << refused;
    EXPECT_NE(refused.err.find("write.db: disk I/O error (Input/output error): look at that disk"),
              std::string::npos)
        << refused;
  }
  system.up();
  EXPECT_EQ(std::filesystem::file_size(system.file("write.db-wal")), 0U);
  load.expect_all_there(system);
  expect_no_differences(system.ctl_json({"verify", "--mode", "deep"}));
}

TEST(InjectedIntoTheCatalog, ANewGenerationIsRefusedAndNoneIsLeftHalfMade) {
  for (const char* call : {"pwrite64", "fdatasync"}) {
    SCOPED_TRACE(call);
    const TestSystem system;
    system.up();
    const IoFault fault{"", "read.db-wal", call, "EIO", "1", ""};
    Injection injection(system, fault);
    const auto refused = system.ask("POST", "/v1/admin/generations");
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_NE(refused.body.find(system.file("read.db")), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find(": look at that disk"), std::string::npos) << refused.body;
    (void)injection.detach();
    EXPECT_EQ(system.get("/v1/admin/generations").at("generations").size(), 1U);
    EXPECT_EQ(system.ask("POST", "/v1/admin/generations").status, 201);
    system.kill_service();
    system.up();
    EXPECT_EQ(system.get("/v1/admin/generations").at("generations").size(), 2U);
  }
}

struct LedgerFault {
  const char* name;
  const char* call;
  const char* error;
  const char* words;
};

TEST(InjectedIntoTheLedger, StopsTheClientWhichNamesTheFileAndTheWayOut) {
  constexpr int kEach = 2'000;
  const std::string each = std::to_string(kEach);
  for (const auto& fault : {LedgerFault{"full", "write", "ENOSPC", "free some space"},
                            LedgerFault{"broken", "write", "EIO", "look at that disk"},
                            LedgerFault{"not synced", "fdatasync", "EIO", "look at that disk"}}) {
    SCOPED_TRACE(fault.name);
    const TestSystem system;
    system.up();
    const std::string ledger = system.file("ledgers/seed-42.bin");
    // From the third call on, and for good: nothing after the first failure may count as done.
    Words words =
        strace_on_draft(system.scratch("strace.log"), ledger, fault.call, fault.error, "3+");
    const Words seed =
        system.words({"-o", "json", "seed", "--users", each, "--products", each, "--orders", each});
    words.insert(words.end(), seed.begin(), seed.end());
    const Finished refused = run(words, system.variables());
    EXPECT_EQ(refused.exit_code, 3) << refused;
    EXPECT_NE(refused.err.find(ledger), std::string::npos) << refused;
    EXPECT_NE(refused.err.find(fault.words), std::string::npos) << refused;
    const Json stat = system.ctl_json({"ledger", "stat"});
    EXPECT_LE(stat.value("acknowledged", 0), system.head());
    const Json again = system.ctl_json({"seed", "--users", each, "--products", each, "--orders",
                                        each, "--ledger", system.file("ledgers/again.bin")});
    EXPECT_EQ(again.value("acked", 0), 3 * kEach);
    EXPECT_EQ(system.head(), 3 * kEach);
    EXPECT_EQ(system.ctl_json({"verify", "--mode", "deep"}).value("verdict", ""), "pass");
  }
}

}  // namespace
}  // namespace cqrs::e2e
