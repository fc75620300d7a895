// What a system of the standard profile keeps about its servers.
#include "core/wiring/standard_config.h"

#include "tests/support/outcomes.h"
#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

StandardConfig a_config(ReadStoreKind read) {
  StandardConfig config;
  config.postgres = "postgresql://here/cqrs";
  config.kafka = "here:9092";
  config.read = read;
  // No server but the one that is read from.
  if (read == ReadStoreKind::kRedis) config.redis = "redis://here";
  if (read == ReadStoreKind::kMongo) config.mongo = "mongodb://here";
  return config;
}

TEST(StandardConfig, IsReadBackForEveryReadStoreWithoutTheServersOfTheOthers) {
  for (const char* name : {"redis", "mongo", "postgres"}) {
    const auto kind = parse_read_store(name);
    ASSERT_THAT(kind, is_ok());
    EXPECT_EQ(read_store_name(*kind), name);
    const TempDir dir;
    const StandardConfig config = a_config(*kind);
    ASSERT_THAT(check(config), is_ok()) << name;
    ASSERT_THAT(write_standard_config({dir.path()}, config), is_ok());
    const auto found = read_standard_config({dir.path()});
    ASSERT_THAT(found, is_ok()) << name;
    EXPECT_EQ(*found, config) << name;
  }
}

TEST(StandardConfig, NeedsTheServerThatIsReadFrom) {
  for (const auto kind : {ReadStoreKind::kRedis, ReadStoreKind::kMongo, ReadStoreKind::kPostgres}) {
    StandardConfig config = a_config(kind);
    config.redis.clear();
    config.mongo.clear();
    if (kind == ReadStoreKind::kPostgres) {
      EXPECT_THAT(check(config), is_ok());
      config.postgres.clear();
    }
    EXPECT_THAT(check(config), fails_with(ErrorCode::kInvalid));
  }
}

TEST(StandardConfig, ASinkIsReadBackAndNeedsMongoAndConnect) {
  const TempDir dir;
  StandardConfig config = a_config(ReadStoreKind::kRedis);
  config.sink = SinkKind::kMongo;
  EXPECT_THAT(check(config), fails_with(ErrorCode::kInvalid, "--mongo"));
  config.mongo = "mongodb://here";
  EXPECT_THAT(check(config), fails_with(ErrorCode::kInvalid, "--connect"));
  config.connect = "http://here:8083";
  ASSERT_THAT(write_standard_config({dir.path()}, config), is_ok());
  const auto found = read_standard_config({dir.path()});
  ASSERT_THAT(found, is_ok());
  EXPECT_EQ(*found, config);
}

TEST(StandardConfig, AnUnknownSinkIsRefusedWithTheChoices) {
  EXPECT_THAT(*parse_sink("none"), SinkKind::kNone);
  const auto kind = parse_sink("mysql");
  ASSERT_THAT(kind, fails_with(ErrorCode::kInvalid, "--sink"));
  EXPECT_THAT(kind.error().message, testing::HasSubstr("none or mongo"));
}

TEST(StandardConfig, AnUnknownReadStoreIsRefusedWithTheChoices) {
  const auto kind = parse_read_store("mysql");
  ASSERT_THAT(kind, fails_with(ErrorCode::kInvalid, "--read"));
  EXPECT_THAT(kind.error().message, testing::HasSubstr("redis, mongo or postgres"));
}

}  // namespace
}  // namespace cqrs
