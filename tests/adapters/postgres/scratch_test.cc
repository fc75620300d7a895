// Scratch schemas: whose they are, which may be removed, and what is copied into them.
#include "core/adapters/postgres/spoil.h"
#include "core/write/command_handler.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::IsEmpty;

class ScratchSchemas : public testing::Test {
 protected:
  using Owned = std::unique_ptr<postgres::ScratchSchema>;
  [[nodiscard]] Owned made() const { return opened(postgres::make_scratch_schema(options())); }
  [[nodiscard]] std::vector<Owned> strays() const {
    auto found = postgres::stray_scratch_schemas(options());
    EXPECT_THAT(found, is_ok());
    return found ? std::move(*found) : std::vector<Owned>();
  }
  [[nodiscard]] const postgres::Options& options() const { return schema_.options(); }
  [[nodiscard]] postgres::Options named(const std::string& name) const {
    postgres::Options scratch = options();
    scratch.schema = name;
    return scratch;
  }
  void drop(const std::string& name) const {
    EXPECT_THAT(postgres::drop_schema(named(name)), is_ok());
  }

  PostgresSchema schema_;
};

TEST_F(ScratchSchemas, EachOwnerHasOneOfHisOwnAndNoneIsAStrayWhileHeLives) {
  auto first = made();
  auto second = made();
  EXPECT_EQ(first->name(), options().schema + "_inject_1");
  EXPECT_EQ(second->name(), options().schema + "_inject_2");
  EXPECT_THAT(strays(), IsEmpty());
  const std::string left = first->name();
  first.reset();
  {
    // The server takes a moment to notice that a session has ended.
    auto found = strays();
    for (int tries = 0; found.empty() && tries < 6'000; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      found = strays();
    }
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front()->name(), left);
    EXPECT_THAT(strays(), IsEmpty()) << "it has an owner again: who is going to remove it";
  }
  drop(left);
  EXPECT_THAT(strays(), IsEmpty());
  drop(second->name());
}

TEST_F(ScratchSchemas, ASystemOfSuchANameIsNeitherTakenNorAStray) {
  const postgres::Options real = named(options().schema + "_inject_1");
  ASSERT_THAT(postgres::migrate(real), is_ok());
  EXPECT_THAT(strays(), IsEmpty());
  const auto scratch = made();
  EXPECT_EQ(scratch->name(), options().schema + "_inject_2");
  drop(scratch->name());
  drop(real.schema);
}

TEST_F(ScratchSchemas, ACopyOfTheRecordIsTheRecordAndLeavesItAlone) {
  {
    const auto store = opened(postgres::open_write_store(options()));
    const ManualClock clock(kNow);
    CommandHandler handler(*store, clock, 7);
    std::vector<Command> commands;
    for (std::uint64_t i = 1; i <= 50; ++i) commands.push_back(create_user(i));
    commands.push_back(rename_user(7, "Eve"));
    for (const auto& outcome : handler.execute(commands)) ASSERT_THAT(outcome, is_ok());
  }
  const auto scratch = made();
  const postgres::Options copy = named(scratch->name());
  ASSERT_THAT(postgres::migrate(copy), is_ok());
  ASSERT_THAT(postgres::copy_record(options(), copy), is_ok());
  const auto original = opened(postgres::open_history(options()))->read(0, 1'000);
  const auto copied = opened(postgres::open_history(copy))->read(0, 1'000);
  ASSERT_TRUE(original.ok() && copied.ok());
  EXPECT_EQ(original->size(), 51U);
  EXPECT_EQ(*copied, *original);
  const auto streams = opened(postgres::open_stream_source(copy));
  const auto fresh = streams->fetch(user_key(7));
  ASSERT_TRUE(fresh.ok() && fresh->has_value());
  EXPECT_EQ((*fresh)->version, 2);
  ASSERT_THAT(opened(postgres::open_event_spoiler(copy))->remove_event(51), is_ok());
  EXPECT_EQ(schema_.execute("SELECT max(position) FROM events"), "51");
  drop(scratch->name());
}

TEST_F(ScratchSchemas, ViewsThatAreNotThereAreNotFound) {
  const auto scratch = made();
  EXPECT_THAT(postgres::copy_views(options(), 9, named(scratch->name())),
              fails_with(ErrorCode::kNotFound));
  drop(scratch->name());
}

}  // namespace
}  // namespace cqrs
