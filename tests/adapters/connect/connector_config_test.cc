// The examples that operators are given, and what an URL becomes.
#include "core/adapters/connect/connector_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace cqrs::connect {
namespace {

Options example() {
  Options options;
  options.url = "http://connect:8083";
  options.postgres = "postgresql://cqrs:secret@postgres:5432/cqrs";
  options.name = "cqrs";
  options.slot = "cqrs_cdc";
  return options;
}

std::string file(const std::string& name) {
  std::ifstream in(std::string(CQRS_EXAMPLES) + "/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ConnectorConfig, TheExampleIsWhatTheProgramSays) {
  const auto config = source_config(example());
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(file("events-source.json"), config->dump(2) + "\n")
      << "make it again: cqrsctl connector settings";
}

SinkOptions sink_example() {
  SinkOptions options;
  options.url = "http://connect:8083";
  options.mongo = "mongodb://cqrs:secret@mongo:27017";
  options.name = "cqrs";
  options.connector = "cqrs_sink";
  options.collections = {"user_events", "product_events", "order_events"};
  return options;
}

TEST(ConnectorConfig, TheExampleOfTheSinkIsWhatTheProgramSays) {
  EXPECT_EQ(file("events-sink.json"), sink_config(sink_example()).dump(2) + "\n")
      << "make it again: cqrsctl connector sink settings";
}

TEST(ConnectorConfig, TheSinkWritesToAMajorityUnlessItsUrlSaysOtherwise) {
  const auto uri_of = [](const std::string& url) {
    SinkOptions options = sink_example();
    options.mongo = url;
    return sink_config(options).at("connection.uri").get<std::string>();
  };
  EXPECT_EQ(uri_of("mongodb://a:1,b:2"), "mongodb://a:1,b:2/?w=majority&journal=true");
  EXPECT_EQ(uri_of("mongodb://a:1/shop"), "mongodb://a:1/shop?w=majority&journal=true");
  EXPECT_EQ(uri_of("mongodb://a/?replicaSet=rs"),
            "mongodb://a/?replicaSet=rs&w=majority&journal=true");
  EXPECT_EQ(uri_of("mongodb://a/?tls=true&w=2"), "mongodb://a/?tls=true&w=2");
}

TEST(ConnectorConfig, AnUrlIsTakenApartAndItsCodesAreResolved) {
  Options options = example();
  options.postgres = "postgresql://us%40er:p%3Aw@[::1]/shop?sslmode=require";
  const auto config = source_config(options);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->at("database.user"), "us@er");
  EXPECT_EQ(config->at("database.password"), "p:w");
  EXPECT_EQ(config->at("database.hostname"), "[::1]");
  EXPECT_EQ(config->at("database.port"), "5432");
  EXPECT_EQ(config->at("database.dbname"), "shop");
}

TEST(ConnectorConfig, AnUrlThatConnectCannotBeToldIsRefused) {
  for (const char* url : {"host=localhost dbname=cqrs", "postgresql://localhost/cqrs",
                          "postgresql://cqrs@a:1,b:2/cqrs", "postgresql://cqrs@localhost"}) {
    Options options = example();
    options.postgres = url;
    const auto config = source_config(options);
    ASSERT_FALSE(config.ok()) << url;
    EXPECT_EQ(config.error().field, "--postgres");
  }
}

}  // namespace
}  // namespace cqrs::connect
