// Files cut or changed at random places after a SIGKILL. A log that is cut has lost what was
// acknowledged: then the ledger proves the loss, and nobody says "pass". Damaged views are refused,
// or found, and can be filled anew.
#include "tests/e2e/support/system.h"
#include "tests/fault/random_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cqrs::e2e {
namespace {

constexpr int kEach = 300;
constexpr int kAll = 3 * kEach;

class RandomDamage : public testing::Test {
 protected:
  void seed(const TestSystem& system) const {
    const std::string count = std::to_string(kEach);
    system.up();
    system.ctl_json(
        {"seed", "--users", count, "--products", count, "--orders", count, "--depth", "4"});
    ASSERT_TRUE(wait_until([&] { return system.applied() == kAll; }));
  }
  // Cuts the file there, or changes one byte; says what it did.
  std::string spoil(const std::string& path, bool cut) {
    const auto size = std::filesystem::file_size(path);
    const auto at = random_.below(size);
    if (cut) {
      std::filesystem::resize_file(path, at);
    } else {
      std::string content = read_text(path);
      content[at] = static_cast<char>(content[at] ^ static_cast<char>(1 + random_.below(255)));
      write_text(path, content);
    }
    return path + (cut ? " cut" : " changed") + " at byte " + std::to_string(at) + " of " +
           std::to_string(size);
  }
  // Up as it is, or by the way out that the refusal names; false when there is none but a backup.
  static bool up_somehow(const TestSystem& system) {
    const Finished up = system.ctl({"up"});
    if (up.exit_code == 0) return true;
    EXPECT_EQ(up.exit_code, 3) << up;
    if (up.err.find(": restore it from a backup") != std::string::npos) return false;
    EXPECT_NE(up.err.find("cqrsctl up --rebuild-views"), std::string::npos) << up;
    const Finished rebuilt = system.ctl({"up", "--rebuild-views"});
    EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt;
    return rebuilt.exit_code == 0;
  }

  support::Random random_ = random_source();
};

TEST_F(RandomDamage, OfTheLogOfTheWriteStoreIsALossThatTheLedgerNames) {
  for (int round = 0; round < 6 * repeats(); ++round) {
    const TestSystem system;
    seed(system);
    system.kill_service();
    SCOPED_TRACE(spoil(system.file("write.db-wal"), round % 2 == 0));
    if (!up_somehow(system)) continue;
    const auto head = system.head();
    EXPECT_LE(head, kAll);
    EXPECT_TRUE(wait_until([&] { return system.applied() == head; }));
    const Json verify = system.ctl_json({"verify", "--mode", "deep"}, head == kAll ? 0 : 1);
    EXPECT_EQ(verify.value("verdict", ""), head == kAll ? "pass" : "fail");
    EXPECT_EQ(verify.at("differences").value("lost", -1), kAll - head) << verify;
  }
}

TEST_F(RandomDamage, OfTheViewsIsRefusedOrFoundAndFilledAnew) {
  for (int round = 0; round < 6 * repeats(); ++round) {
    const TestSystem system;
    seed(system);
    system.down();
    SCOPED_TRACE(spoil(system.file("read-g1.db"), round % 2 == 0));
    if (!up_somehow(system)) {
      ADD_FAILURE() << "views can always be made anew";
      continue;
    }
    const Finished verify = system.ctl({"verify", "--mode", "deep", "--settle", "2s"});
    if (verify.exit_code == 0) continue;  // what was hit means nothing
    EXPECT_TRUE(verify.exit_code == 1 || verify.exit_code == 3 || verify.exit_code == 4) << verify;
    // Filled anew beside the damaged ones while these are served, or at a start.
    if (round % 4 >= 2) system.kill_service();
    const Finished rebuilt = system.ctl(round % 4 < 2 ? Words{"replay", "--execute", "--switch"}
                                                      : Words{"up", "--rebuild-views"});
    EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt;
    EXPECT_EQ(system.ctl_json({"verify", "--mode", "deep"}).value("verdict", ""), "pass");
  }
}

TEST_F(RandomDamage, OfALedgerNeverMakesAPassOutOfALoss) {
  const TestSystem system;
  seed(system);
  const std::string ledger = system.file("ledgers/seed-42.bin");
  const std::string whole = read_text(ledger);
  for (int round = 0; round < 12 * repeats(); ++round) {
    write_text(ledger, whole);
    SCOPED_TRACE(spoil(ledger, round % 2 == 0));
    const Finished stat = system.ctl({"-o", "json", "ledger", "stat"});
    const Finished verify = system.ctl({"-o", "json", "verify"});
    if (stat.exit_code != 0) {
      EXPECT_EQ(stat.exit_code, 3) << stat;
      EXPECT_NE(stat.err.find(ledger), std::string::npos) << stat;
      EXPECT_EQ(verify.exit_code, 3) << verify;
      continue;
    }
    // Cut, or changed in its last block: whatever it no longer knows is not counted as done.
    const Json json = stat.json();
    const bool all_known = json.value("acknowledged", 0) == json.value("intended", -1);
    EXPECT_LE(json.value("acknowledged", 0), kAll);
    EXPECT_EQ(verify.exit_code, all_known ? 0 : 4) << verify;
  }
}

}  // namespace
}  // namespace cqrs::e2e
