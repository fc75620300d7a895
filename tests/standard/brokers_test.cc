// Three brokers, every record on at least two of them before it is acknowledged: one may be lost at
// any moment.
#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace cqrs::e2e {
namespace {

// Of this test's own: those of the other tests are one broker.
class ThreeBrokers {
 public:
  ThreeBrokers() { run("up --only kafka --brokers 3"); }
  ThreeBrokers(const ThreeBrokers&) = delete;
  ThreeBrokers& operator=(const ThreeBrokers&) = delete;
  ~ThreeBrokers() { run("down --data"); }

  [[nodiscard]] std::string addresses() const {
    return Json::parse(read_text(directory_.file("parts.json"))).at("kafka").value("brokers", "");
  }
  void run(const std::string& words) const {
    const std::string line = "CQRS_PARTS_DIR=" + directory_.path() + " " CQRS_PARTS_PROGRAM " " +
                             words + " >" + directory_.file("parts.out") + " 2>&1";
    if (std::system(line.c_str()) == 0) return;
    ADD_FAILURE() << line << "\n" << read_text(directory_.file("parts.out"));
  }

 private:
  support::TempDir directory_;
};

TEST(ThreeBrokersUnderLoad, OneIsKilledAndNothingIsLostNorHeldUp) {
  const ThreeBrokers brokers;
  StandardSystem system;
  system.config().kafka = brokers.addresses();
  system.config().replication = 3;
  ASSERT_FALSE(system.config().kafka.empty());
  system.up_standard();
  MixedLoad load(system.endpoint(), {});
  const auto after_some = [&] {
    const auto until = load.acknowledged() + 300;
    ASSERT_TRUE(wait_until([&] { return load.acknowledged() >= until; }));
  };
  after_some();
  // Of nine partitions each broker leads some.
  brokers.run("kill kafka-2");
  after_some();
  EXPECT_TRUE(system.caught_up(std::chrono::seconds(30))) << "with one broker less";
  brokers.run("start kafka-2");
  after_some();
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(system.caught_up(std::chrono::seconds(30)))
      << "applied " << system.applied() << " of " << system.head();
  load.expect_all_there(system);
  system.expect_proven();
}

}  // namespace
}  // namespace cqrs::e2e
