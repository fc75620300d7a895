// Migrations, and what a store says of a schema that does not fit.
#include "core/adapters/postgres/schema.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using postgres::kSchemaVersion;
using testing::HasSubstr;

class Migrations : public testing::Test {
 protected:
  // From, to; {-1, -1} and a failure on error.
  std::pair<int, int> migrate(int target = -1, bool lose_data = false) {
    const auto done = postgres::migrate(schema_.options(), target, lose_data);
    EXPECT_THAT(done, is_ok());
    return done.ok() ? std::pair(done->from, done->to) : std::pair(-1, -1);
  }
  Error refused() {
    const auto store = postgres::open_write_store(schema_.options());
    EXPECT_FALSE(store.ok());
    return store.ok() ? Error() : store.error();
  }
  void write_one_event() {
    EXPECT_THAT(
        opened(postgres::open_write_store(schema_.options()))
            ->transact({},
                       [](const Loaded&) {
                         Changes changes;
                         changes.events.push_back(an_event(1, user_key(1), 1, user_created(1)));
                         return changes;
                       }),
        is_ok());
  }

  PostgresSchema schema_{false};
};

TEST_F(Migrations, WithoutThemEveryStoreNamesTheWayOut) {
  EXPECT_EQ(refused().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused().message, HasSubstr("cqrsctl migrate"));
  EXPECT_THAT(postgres::open_history(schema_.options()), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(postgres::open_leases(schema_.options()), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(postgres::open_catalog(schema_.options(), kNow), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(postgres::partitions(schema_.options()), fails_with(ErrorCode::kNotFound));
}

TEST_F(Migrations, GoUpAndDownAndUpAgain) {
  EXPECT_EQ(migrate(), std::pair(0, kSchemaVersion));
  EXPECT_EQ(migrate(), std::pair(kSchemaVersion, kSchemaVersion));
  EXPECT_THAT(postgres::open_write_store(schema_.options()), is_ok());
  EXPECT_EQ(migrate(0), std::pair(kSchemaVersion, 0));
  EXPECT_EQ(refused().code, ErrorCode::kNotFound);
  EXPECT_EQ(schema_.execute("SELECT count(*) FROM pg_tables WHERE schemaname = '" +
                            schema_.options().schema + "'"),
            "0");
  EXPECT_EQ(migrate(), std::pair(0, kSchemaVersion));
}

TEST_F(Migrations, DownOverEventsNeedsToBeSaid) {
  migrate();
  write_one_event();
  const auto refused_step = postgres::migrate(schema_.options(), 0);
  ASSERT_THAT(refused_step, fails_with(ErrorCode::kInvalid, "target"));
  EXPECT_THAT(refused_step.error().message, HasSubstr("every event"));
  EXPECT_EQ(schema_.execute("SELECT count(*) FROM events"), "1");
  EXPECT_EQ(migrate(0, true), std::pair(kSchemaVersion, 0));
}

TEST_F(Migrations, AVersionThatIsNotThereIsRefused) {
  const auto done = postgres::migrate(schema_.options(), kSchemaVersion + 1);
  ASSERT_THAT(done, fails_with(ErrorCode::kInvalid, "target"));
  EXPECT_THAT(done.error().message, HasSubstr(std::to_string(kSchemaVersion)));
}

TEST_F(Migrations, ASchemaOfANewerProgramIsLeftAlone) {
  migrate();
  schema_.execute("UPDATE meta SET schema_version = 99");
  EXPECT_EQ(refused().code, ErrorCode::kCorrupt);
  EXPECT_THAT(refused().message, HasSubstr("use the version of the program that made it"));
  EXPECT_THAT(postgres::migrate(schema_.options()), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(postgres::migrate(schema_.options(), 0, true), fails_with(ErrorCode::kCorrupt));
}

TEST_F(Migrations, ThreeAtOnceMakeOneSchema) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([this] { EXPECT_THAT(postgres::migrate(schema_.options()), is_ok()); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(postgres::open_write_store(schema_.options()), is_ok());
}

TEST_F(Migrations, TheNumberOfPartitionsStaysAsTheSchemaWasMade) {
  postgres::Options options = schema_.options();
  options.partitions = 5;
  ASSERT_THAT(postgres::migrate(options), is_ok());
  EXPECT_EQ(*postgres::partitions(schema_.options()), 5);
  write_one_event();
  EXPECT_EQ(schema_.execute("SELECT partition = partition_slice % 5 FROM events"), "t");
  options.partitions = 0;
  EXPECT_THAT(postgres::migrate(options), fails_with(ErrorCode::kInvalid, "partitions"));
}

TEST_F(Migrations, ANameThatIsNoneIsRefusedBeforeAnythingIsSent) {
  for (const std::string name : {"", "a\"b", "pg_mine", "with space", "sch\xC3\xA4ma"}) {
    postgres::Options options = schema_.options();
    options.schema = name;
    EXPECT_THAT(postgres::migrate(options), fails_with(ErrorCode::kInvalid, "schema")) << name;
  }
}

TEST_F(Migrations, ACopyOfTheTablesIsAnotherIncarnation) {
  migrate();
  const auto first = opened(postgres::open_history(schema_.options()))->incarnation();
  ASSERT_THAT(first, is_ok());
  // As a dump and restore would leave it: the same rows in new tables.
  schema_.execute(
      "ALTER TABLE events RENAME TO old_events; CREATE TABLE events (LIKE old_events INCLUDING "
      "ALL)");
  const auto second = opened(postgres::open_history(schema_.options()))->incarnation();
  ASSERT_THAT(second, is_ok());
  EXPECT_NE(*first, *second);
}

}  // namespace
}  // namespace cqrs
