// What verify reads of the collections that Kafka Connect fills: documents as its sink writes them,
// and such as nobody should have written.
#include "core/adapters/memory/stores.h"
#include "core/base/json_tree.h"
#include "core/verify/sink_edge.h"

#include "tests/adapters/mongo/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

constexpr int kPartitions = 2;

class MongoCopies : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(mongo::prepare_event_copies(database_.options()), is_ok());
    ASSERT_THAT(mongo::prepare_event_copies(database_.options()), is_ok());
  }

  // Users 1 … count, renamed once each, as the record has them and the sink brought them.
  void brought(std::uint64_t count) {
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto position = static_cast<Position>(2 * i);
      record_.events.push_back(an_event(position - 1, user_key(i), 1, user_created(i)));
      record_.events.push_back(an_event(position, user_key(i), 2, user_renamed("Zoë \"Z\"")));
    }
    bring();
    for (const Kind kind : kAllKinds) {
      for (int partition = 0; partition < kPartitions; ++partition) {
        say(kind, partition, static_cast<Position>(record_.events.size()));
      }
    }
  }
  void bring() {
    std::vector<std::string> documents;
    for (const auto& event : record_.events) documents.push_back(document_of(event));
    database_.insert("user_events", documents);
  }

  static std::string document_of(const Event& event) {
    const Json document{{"_id", to_string(event.event_id)},
                        {"data", event.data},
                        {"type", event.type},
                        {"stream", to_string(event.stream.id)},
                        {"version", long_of(event.version)},
                        {"position", long_of(event.position)},
                        {"schema_version", event.schema_version},
                        {"recorded_micros", long_of(event.recorded_at.micros)}};
    return document.dump();
  }
  static Json long_of(std::int64_t number) { return {{"$numberLong", std::to_string(number)}}; }

  void say(Kind kind, int partition, Position position) {
    database_.insert(mongo::event_collection(kind),
                     {Json{{"_id", partition}, {"complete_to", long_of(position)}}.dump()});
  }

  std::int64_t spoil(Position position, const std::string& change) {
    const Json filter{{"position", long_of(position)}};
    return database_.update("user_events", filter.dump(), change);
  }

  SinkCheck checked() {
    findings_ = Findings();
    auto check = check_sink({*copies_, *history_, {}}, static_cast<Position>(record_.events.size()),
                            findings_);
    EXPECT_THAT(check, is_ok());
    return check ? *check : SinkCheck();
  }
  void expect_only(Difference kind, const std::string& field = "") {
    checked();
    ASSERT_EQ(findings_.total(), 1);
    EXPECT_EQ(findings_.first.front().kind, kind);
    EXPECT_EQ(findings_.first.front().field, field);
  }

  MongoDatabase database_;
  memory::MemoryRecord record_;
  std::unique_ptr<History> history_ = memory::open_history(record_);
  std::unique_ptr<EventCopies> copies_ =
      std::move(mongo::open_event_copies(database_.options(), kPartitions).value());
  Findings findings_;
};

TEST_F(MongoCopies, WhatTheSinkBroughtIsEqualOverSeveralPages) {
  brought(2'500);
  const auto check = checked();
  EXPECT_EQ(check.compared, 5'000);
  EXPECT_EQ(check.complete_to, 5'000);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(MongoCopies, NothingIsThereBeforeTheFirstEvent) {
  EXPECT_EQ(*copies_->complete_to(), 0);
  EXPECT_EQ(checked().compared, 0);
  EXPECT_EQ(findings_.total(), 0);
}

TEST_F(MongoCopies, CompleteIsWhatEveryPartitionOfEveryTopicSays) {
  const auto expect_complete = [&](Position position) {
    const auto complete = copies_->complete_to();
    ASSERT_THAT(complete, is_ok());
    EXPECT_EQ(*complete, position);
  };
  for (const Kind kind : kAllKinds) say(kind, 0, 40);
  say(Kind::kUser, 1, 30);
  say(Kind::kProduct, 1, 50);
  expect_complete(0);
  say(Kind::kOrder, 1, 40);
  expect_complete(30);
  // Of more partitions than there are.
  say(Kind::kOrder, 2, 3);
  expect_complete(30);
  // One that cannot be read is as good as none.
  ASSERT_EQ(database_.update("user_events", R"({"_id": 1})", R"({"$set": {"complete_to": "x"}})"),
            1);
  expect_complete(0);
}

TEST_F(MongoCopies, ARemovedDocumentIsLost) {
  brought(5);
  database_.remove("user_events", R"({"position": {"$numberLong": "10"}})");
  expect_only(Difference::kLost);
  EXPECT_EQ(findings_.first.front().position, 10);
}

TEST_F(MongoCopies, AChangedOrMissingFieldIsNamed) {
  brought(5);
  const auto expect_field = [&](const char* field, const char* change) {
    ASSERT_EQ(spoil(4, change), 1) << change;
    expect_only(Difference::kField, field);
    database_.remove("user_events", R"({"recorded_micros": {"$exists": true}})");
    bring();
  };
  expect_field("data.personal.name", R"({"$set": {"data": "{\"personal\":{\"name\":\"Eve\"}}"}})");
  expect_field("data", R"({"$unset": {"data": 1}})");
  expect_field("type", R"({"$set": {"type": "user.deleted"}})");
  expect_field("version", R"({"$set": {"version": "2"}})");
  expect_field("schema_version", R"({"$set": {"schema_version": 3}})");
  expect_field("stream", R"({"$set": {"stream": "nobody"}})");
  expect_field("position", R"({"$set": {"position": 7.5}})");
  expect_field("position", R"({"$set": {"position": "4"}})");
  expect_field("position", R"({"$unset": {"position": 1}})");
  expect_field("position", R"({"$set": {"position": {"$numberLong": "999"}}})");
}

TEST_F(MongoCopies, WhatIsOfNoEventIsAPhantomWhateverItsIdIs) {
  brought(5);
  for (const char* document :
       {R"({"_id": 7})", R"({"_id": "x", "position": 3, "version": 1, "stream": 5})",
        R"({"_id": {"$oid": "507f1f77bcf86cd799439011"}, "position": -1})"}) {
    database_.insert("order_events", {document});
    expect_only(Difference::kPhantom);
    database_.remove("order_events", R"({"complete_to": {"$exists": false}})");
  }
}

TEST_F(MongoCopies, TheSameEventUnderAnotherIdIsADuplicate) {
  brought(5);
  Json copy = Json::parse(document_of(record_.events.at(5)));
  // And under its own, in a collection that is not its own.
  database_.insert("order_events", {copy.dump()});
  expect_only(Difference::kDuplicate);
  database_.remove("order_events", R"({"type": {"$exists": true}})");
  copy["_id"] = "again";
  database_.insert("user_events", {copy.dump()});
  expect_only(Difference::kDuplicate);
}

TEST_F(MongoCopies, RemovingTakesThemAllAndMayBeRepeated) {
  brought(1);
  EXPECT_EQ(database_.count("user_events"), 2 + kPartitions);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(mongo::remove_event_copies(database_.options()), is_ok());
    for (const Kind kind : kAllKinds) EXPECT_EQ(database_.count(mongo::event_collection(kind)), 0);
  }
}

}  // namespace
}  // namespace cqrs
