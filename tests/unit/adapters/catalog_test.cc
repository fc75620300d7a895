// The file that says which generations there are: what it keeps, and how it meets other versions of
// itself.
#include "core/adapters/sqlite/catalog.h"

#include "core/adapters/sqlite/database.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class Catalog : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<GenerationCatalog> open() const {
    auto catalog = sqlite::open_catalog(path_, kNow);
    EXPECT_THAT(catalog, is_ok());
    return std::move(*catalog);
  }
  void execute(const char* sql) const {
    auto database = sqlite::Database::open(path_, sqlite::OpenMode::kReadWrite);
    ASSERT_THAT(database, is_ok());
    ASSERT_THAT((*database)->execute(sql), is_ok());
  }
  // As it was written before files carried a version: generation 2 live, 3 a shadow.
  void write_without_version() const {
    execute(
        "CREATE TABLE generations(number INTEGER PRIMARY KEY AUTOINCREMENT,"
        " created_at INTEGER NOT NULL);"
        "CREATE TABLE pointer(id INTEGER PRIMARY KEY CHECK(id = 1), live INTEGER NOT NULL);"
        "INSERT INTO generations VALUES(1, 5),(2, 6),(3, 7); INSERT INTO pointer VALUES(1, 2);");
  }

  TempDir dir_;
  std::string path_ = dir_.file("read.db");
};

TEST_F(Catalog, KeepsRateProofAndWhetherAGenerationWasServed) {
  {
    auto catalog = open();
    ASSERT_EQ(*catalog->create(kNow, 500), 2);
    ASSERT_THAT(catalog->set_proof(2, Proof::kEqual), is_ok());
    ASSERT_EQ(*catalog->create(kNow, 0), 3);
    ASSERT_THAT(catalog->set_rate(3, 70), is_ok());
    ASSERT_THAT(catalog->switch_live(1, 2), is_ok());
  }
  const auto all = open()->list();
  ASSERT_THAT(all, is_ok());
  ASSERT_EQ(all->size(), 3U);
  EXPECT_TRUE(all->at(0).served);
  EXPECT_TRUE(all->at(1).live && all->at(1).served);
  EXPECT_EQ(all->at(1).proof, Proof::kEqual);
  EXPECT_EQ(all->at(1).rate, 0) << "what is served has no limit";
  EXPECT_FALSE(all->at(2).served);
  EXPECT_EQ(all->at(2).rate, 70);
  EXPECT_TRUE(unfinished(all->at(2)));
}

TEST_F(Catalog, WhatIsNotThereCannotBeChanged) {
  auto catalog = open();
  EXPECT_THAT(catalog->set_proof(9, Proof::kEqual), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->set_rate(9, 1), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->switch_live(1, 9), fails_with(ErrorCode::kNotFound));
  EXPECT_THAT(catalog->drop(9), fails_with(ErrorCode::kNotFound));
}

TEST_F(Catalog, ARefusedSwitchChangesNothing) {
  auto catalog = open();
  ASSERT_EQ(*catalog->create(kNow, 30), 2);
  EXPECT_THAT(catalog->switch_live(2, 2), fails_with(ErrorCode::kVersionConflict));
  const auto all = catalog->list();
  EXPECT_EQ(live_generation(*all), 1);
  EXPECT_FALSE(all->at(1).served);
  EXPECT_EQ(all->at(1).rate, 30);
}

TEST_F(Catalog, AFileWithoutVersionIsBroughtUpToDate) {
  write_without_version();
  const auto all = open()->list();
  ASSERT_THAT(all, is_ok());
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(live_generation(*all), 2);
  EXPECT_TRUE(all->at(0).served) << "it may have been";
  EXPECT_TRUE(unfinished(all->at(2)));
  EXPECT_EQ(*open()->create(kNow, 0), 4);
}

TEST_F(Catalog, AFileWithoutVersionCanBeReadAsItIs) {
  write_without_version();
  const auto catalog = sqlite::open_catalog_read_only(path_);
  ASSERT_THAT(catalog, is_ok());
  const auto all = (*catalog)->list();
  ASSERT_THAT(all, is_ok());
  EXPECT_EQ(live_generation(*all), 2);
}

TEST_F(Catalog, AFileOfANewerProgramIsRefusedWithTheWayOut) {
  (void)open();
  execute("UPDATE meta SET value = 99 WHERE key = 'schema_version'");
  for (const bool read_only : {false, true}) {
    const auto catalog =
        read_only ? sqlite::open_catalog_read_only(path_) : sqlite::open_catalog(path_, kNow);
    ASSERT_THAT(catalog, fails_with(ErrorCode::kCorrupt));
    EXPECT_NE(catalog.error().message.find("use the version of the program that wrote it"),
              std::string::npos)
        << catalog.error().message;
  }
}

TEST_F(Catalog, AnotherKindOfFileIsRefusedAndLeftAlone) {
  execute("CREATE TABLE recipes(name TEXT)");
  EXPECT_THAT(sqlite::open_catalog(path_, kNow), fails_with(ErrorCode::kCorrupt));
  auto database = sqlite::Database::open(path_, sqlite::OpenMode::kReadOnly);
  EXPECT_EQ(*(*database)->query_integer("SELECT count(*) FROM sqlite_master"), 1);
}

}  // namespace
}  // namespace cqrs
