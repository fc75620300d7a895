// What verify reads of a record on PostgreSQL: the same as of one in memory, whatever the pages.
#include "core/base/hash.h"
#include "core/verify/entity_source.h"
#include "core/write/command_handler.h"

#include "tests/adapters/postgres/database.h"
#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

class VerifySources : public testing::Test {
 protected:
  void SetUp() override {
    const auto store = opened(postgres::open_write_store(schema_.options()));
    const ManualClock clock(kNow);
    CommandHandler handler(*store, clock, 7);
    std::vector<Command> commands;
    for (std::uint64_t i = 1; i <= 30; ++i) {
      commands.push_back(create_user(i));
      commands.push_back(create_product(i));
      commands.push_back(rename_user(i, "First"));
      commands.push_back(create_order(i, i, {i}));
      if (i % 3 == 0) commands.push_back(confirm_order(i));
      if (i % 5 == 0) commands.push_back(delete_user(i));
    }
    for (const auto& outcome : handler.execute(commands)) ASSERT_THAT(outcome, is_ok());
    const auto events = opened(postgres::open_history(schema_.options()))->read(0, 10'000);
    ASSERT_THAT(events, is_ok());
    events_ = *events;
    ASSERT_GT(events_.size(), 100U);
  }
  std::vector<EntityRow> all_of(Kind kind, std::size_t page, bool with_content) {
    std::vector<EntityRow> rows;
    for (;;) {
      auto next = source_->page(kind, rows.empty() ? Uuid{} : rows.back().id, page, with_content);
      EXPECT_THAT(next, is_ok());
      rows.insert(rows.end(), next->begin(), next->end());
      if (next->size() < page) return rows;
    }
  }

  PostgresSchema schema_;
  std::unique_ptr<EntitySource> source_ = opened(postgres::open_stream_source(schema_.options()));
  std::unique_ptr<EventAudit> audit_ = opened(postgres::open_event_audit(schema_.options()));
  std::vector<Event> events_;
};

TEST_F(VerifySources, PagesGiveEveryStreamOnceInOrderOfId) {
  for (const Kind kind : kAllKinds) {
    std::map<Uuid, std::int64_t> versions;
    for (const auto& event : events_) {
      if (event.stream.kind == kind) versions[event.stream.id] = event.version;
    }
    const auto rows = all_of(kind, 3, true);
    ASSERT_EQ(rows.size(), versions.size());
    auto expected = versions.begin();
    for (const auto& row : rows) {
      EXPECT_EQ(row.id, expected->first);
      EXPECT_EQ(row.version, expected->second);
      EXPECT_EQ(row.content.empty(), row.deleted);
      ++expected;
    }
  }
}

TEST_F(VerifySources, SumsAreThoseOfTheRows) {
  for (const Kind kind : kAllKinds) {
    BucketSums expected;
    for (const auto& row : all_of(kind, 1'000, false)) expected.add(bucket_of(row.id), row.digest);
    const auto sums = source_->sums(kind);
    ASSERT_THAT(sums, is_ok());
    EXPECT_TRUE(sums->differing(expected).empty());
    EXPECT_EQ(sums->entities(), expected.entities());
  }
}

TEST_F(VerifySources, BucketsGiveTheirRowsInOrderOfId) {
  const auto rows = all_of(Kind::kUser, 1'000, false);
  std::vector<int> buckets{bucket_of(rows.at(0).id), bucket_of(rows.at(2).id), 5};
  std::sort(buckets.begin(), buckets.end());
  const auto found = source_->rows_of(Kind::kUser, buckets);
  ASSERT_THAT(found, is_ok());
  std::vector<Uuid> expected;
  for (const auto& row : rows) {
    if (std::binary_search(buckets.begin(), buckets.end(), bucket_of(row.id))) {
      expected.push_back(row.id);
    }
  }
  std::vector<Uuid> actual;
  for (const auto& row : *found) actual.push_back(row.id);
  EXPECT_EQ(actual, expected);
  EXPECT_TRUE(source_->rows_of(Kind::kUser, {})->empty());
}

TEST_F(VerifySources, TheServerTellsWhatAnotherSourceHasOtherwise) {
  std::vector<int> buckets;
  auto others = all_of(Kind::kUser, 1'000, false);
  for (const auto& row : others) buckets.push_back(bucket_of(row.id));
  const Uuid unknown = make_uuid_v7(9, 9, 9);
  buckets.push_back(bucket_of(unknown));
  std::sort(buckets.begin(), buckets.end());
  buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());

  const auto equal = source_->unlike(Kind::kUser, buckets, others);
  ASSERT_THAT(equal, is_ok());
  EXPECT_TRUE(equal->ids.empty());
  EXPECT_EQ(equal->rows_fetched, 0);

  std::vector<Uuid> expected{others[0].id, others[4].id, others[5].id, others[9].id, unknown};
  others[0].version += 1;
  others[4].digest.low ^= 1U;
  others[5].digest.high ^= 1U << 31U;
  others.erase(others.begin() + 9);
  EntityRow phantom;
  phantom.id = unknown;
  others.push_back(phantom);
  const auto by_id = [](const EntityRow& a, const EntityRow& b) { return a.id < b.id; };
  std::sort(others.begin(), others.end(), by_id);
  std::sort(expected.begin(), expected.end());
  const auto told = source_->unlike(Kind::kUser, buckets, others);
  ASSERT_THAT(told, is_ok());
  EXPECT_EQ(told->ids, expected);
  EXPECT_EQ(told->rows_fetched, 5);
  // As a source finds it that cannot compare by itself.
  const auto found = source_->EntitySource::unlike(Kind::kUser, buckets, others);
  ASSERT_THAT(found, is_ok());
  EXPECT_EQ(found->ids, expected);
  EXPECT_GE(found->rows_fetched, 30);
}

TEST_F(VerifySources, OneStreamIsFetchedWithItsContent) {
  const auto rows = all_of(Kind::kProduct, 1'000, true);
  const auto one = source_->fetch({Kind::kProduct, rows.at(0).id});
  ASSERT_THAT(one, is_ok());
  ASSERT_TRUE(one->has_value());
  EXPECT_EQ((*one)->content, rows[0].content);
  EXPECT_EQ((*one)->digest, rows[0].digest);
  EXPECT_FALSE(source_->fetch({Kind::kUser, rows[0].id})->has_value());
  EXPECT_EQ(*source_->position(), events_.back().position);
}

TEST_F(VerifySources, TheAuditGivesEveryEventOfAKindInOrderOfStreamAndVersion) {
  for (const bool with_data : {false, true}) {
    for (const Kind kind : kAllKinds) {
      std::vector<Event> expected;
      for (const auto& event : events_) {
        if (event.stream.kind == kind) expected.push_back(event);
      }
      std::sort(expected.begin(), expected.end(), [](const Event& a, const Event& b) {
        return std::tie(a.stream.id, a.version) < std::tie(b.stream.id, b.version);
      });
      std::vector<Event> actual;
      EventPlace after;
      for (;;) {
        const auto page = audit_->page(kind, after, 7, with_data);
        ASSERT_THAT(page, is_ok());
        actual.insert(actual.end(), page->begin(), page->end());
        if (page->size() < 7) break;
        after = {actual.back().stream.id, actual.back().version, actual.back().position};
      }
      ASSERT_EQ(actual.size(), expected.size());
      for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_EQ(actual[i].position, expected[i].position);
        EXPECT_EQ(actual[i].version, expected[i].version);
        EXPECT_EQ(actual[i].data, with_data ? expected[i].data : "");
      }
    }
  }
}

TEST_F(VerifySources, TheAuditNamesMissingPositionsAndGivesAStreamWhole) {
  const Position head = events_.back().position;
  EXPECT_EQ(*audit_->head(), head);
  EXPECT_TRUE(audit_->missing(head, 10)->empty());
  schema_.execute("DELETE FROM events WHERE position IN (1, 7, 8)");
  EXPECT_THAT(*audit_->missing(head, 10), testing::ElementsAre(1, 7, 8));
  EXPECT_THAT(*audit_->missing(head, 2), testing::ElementsAre(1, 7));
  EXPECT_THAT(*audit_->missing(head + 2, 10), testing::ElementsAre(1, 7, 8, head + 1, head + 2));
  const StreamKey key = events_.at(20).stream;
  std::vector<Event> expected;
  for (const auto& event : events_) {
    const bool removed = event.position == 1 || event.position == 7 || event.position == 8;
    if (event.stream == key && !removed) expected.push_back(event);
  }
  EXPECT_EQ(*audit_->stream(key), expected);
}

}  // namespace
}  // namespace cqrs
