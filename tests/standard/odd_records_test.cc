// Records that nobody should have written: repeated, in a wrong order, and one that cannot be
// applied.
#include "core/wiring/standard.h"

#include "tests/e2e/support/mixed_load.h"
#include "tests/standard/standard_system.h"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace cqrs::e2e {
namespace {

// What a relay does that wakes up late, at its worst: old pages once more, the later one first, in
// the middle of what the owner publishes.
TEST(OddRecords, RepeatedPagesInAWrongOrderAreAbsorbedAndCounted) {
  StandardSystem system;
  system.up_standard();
  MixedLoad load(system.endpoint(), {});
  const auto history = standard::open_history(system.config());
  const auto publisher = standard::open_publisher(system.config());
  ASSERT_TRUE(history.ok());
  ASSERT_TRUE(publisher.ok());
  // Only what the owner has published before: nobody wakes up ahead of it.
  const auto leases = standard::open_leases(system.config());
  ASSERT_TRUE(leases.ok());
  ASSERT_TRUE(wait_until([&] {
    const auto published = (*leases)->published(standard::kRelayLease);
    return published.ok() && published->position >= 300;
  }));
  std::int64_t again = 0;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(wait_until([&] { return load.acknowledged() > 300 * (round + 1); }));
    for (const Position after : {200, 100, 0}) {
      const auto events = (*history)->read(after, 100);
      ASSERT_TRUE(events.ok());
      ASSERT_EQ(events->size(), 100U);
      ASSERT_TRUE((*publisher)->publish(*events, events->back().position).ok());
      again += 100;
    }
  }
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(system.caught_up());
  load.expect_all_there(system);
  system.expect_proven();
  const Json verify = system.ctl_json({"verify"});
  std::int64_t counted = 0;
  for (const auto& edge : verify.at("edges")) counted += edge.value("duplicates", 0);
  EXPECT_GE(counted, again) << verify;
}

// An event of a type that this program does not know, as a newer one would write it.
TEST(OddRecords, AnEventThatCannotBeAppliedParksItsEntityAndNobodyElse) {
  StandardSystem system;
  system.up_standard();
  const auto user = system.ask("POST", "/v1/users", R"({"email":"ann@example.com","name":"Ann"})");
  ASSERT_EQ(user.status, 201) << user.body;
  const std::string target = "/v1/users/" + Json::parse(user.body).value("id", "");
  ASSERT_TRUE(system.caught_up());
  {
    pqxx::connection session(system.config().postgres);
    pqxx::work work(session);
    work.exec("SET LOCAL search_path TO " + system.config().name);
    work.exec(
        "CREATE TEMP TABLE poison ON COMMIT DROP AS SELECT * FROM events WHERE position = 1;"
        "UPDATE poison SET position = 2, stream_version = 2, event_id = gen_random_uuid(),"
        " type = 'user.vanished';"
        "INSERT INTO events SELECT * FROM poison");
    work.commit();
  }
  MixedLoad load(system.endpoint(), {});
  ASSERT_TRUE(wait_until([&] { return load.acknowledged() > 600; }));
  ASSERT_TRUE(load.finish());
  EXPECT_TRUE(system.caught_up()) << "the others go on";
  load.expect_all_there(system, 2);
  const auto seen = system.ask("GET", target);
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.header("CQRS-Parked"), "true") << seen.head;
  EXPECT_EQ(Json::parse(seen.body).value("version", 0), 1);
  const Json verify = system.ctl_json({"verify"}, 1);
  EXPECT_EQ(verify.value("verdict", ""), "fail");
}

}  // namespace
}  // namespace cqrs::e2e
