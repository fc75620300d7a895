// Who may write: an owner that lost its epoch, one from before the store was emptied, and a server
// that refuses. Whatever is refused leaves no trace, neither in rows nor in the index.
#include "tests/adapters/redis/backends.h"
#include "tests/adapters/redis/rows.h"
#include "tests/adapters/redis/server.h"
#include "tests/support/outcomes.h"
#include "tests/support/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

const Generator kGenerator({42, 10'000, 10'000, 10'000});

// A page with something of everything: new rows, a changed and a deleted one, a parked event.
ViewChanges a_page() {
  ViewChanges changes = changes_of(workload_rows(kGenerator, 30, 30), 2);
  changes.rows.push_back(workload_row(kGenerator, Kind::kProduct, 1));
  changes.rows.back().version = 2;
  render_view(changes.rows.back(), ProductState{"Quite new", "another text", Money{5}, false});
  changes.rows.push_back(a_deleted_row({Kind::kUser, kGenerator.id(Kind::kUser, 2)}));
  changes.parked.push_back({an_event(9, user_key(9), 1, user_renamed("Ada")), "unknown type"});
  return changes;
}

void expect_whole_index(ReadStore& reader) {
  for (const Kind kind : kAllKinds) {
    const auto differences = reader.index_differences(kind, 10);
    ASSERT_THAT(differences, is_ok());
    EXPECT_THAT(*differences, testing::IsEmpty()) << kind_name(kind);
  }
}

TEST(RedisGuards, FormerOwnerChangesNothingNotEvenInTheIndex) {
  RedisReadSide side;
  const auto store = side.open_store();
  const auto former = store->acquire()->epoch;
  ASSERT_THAT(store->commit(former, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  ASSERT_THAT(side.open_store()->acquire(), is_ok());
  PlainClient client(parts().redis);
  const auto before = client.dump("{" + side.options().prefix);
  const auto refused = store->commit(former, a_page());
  EXPECT_THAT(refused, fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("took over"));
  EXPECT_EQ(client.dump("{" + side.options().prefix), before);
}

TEST(RedisGuards, ChangesWorkedOutFromOlderRowsAreWorkedOutAnew) {
  RedisReadSide side;
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  ASSERT_THAT(store->commit(epoch, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  ViewChanges page = a_page();
  std::vector<StreamKey> keys;
  for (const auto& row : page.rows) keys.push_back(row.key);
  page.before = *store->load(keys);
  const auto worked_out = store->prepare(page);
  ASSERT_THAT(worked_out, is_ok());
  // The same page by a request whose answer got lost, done when its sender had given it up.
  ViewChanges other = a_page();
  render_view(other.rows[30], ProductState{"Between", "never seen", Money{7}, true});
  ASSERT_THAT(side.open_store()->commit(epoch, other), is_ok());
  ASSERT_THAT(store->commit(epoch, **worked_out), is_ok());
  const auto reader = side.open_reader();
  expect_whole_index(*reader);
  ListQuery query;
  query.words = "between";
  EXPECT_EQ(*reader->count(query), 0);
  query.words = "quite new";
  EXPECT_EQ(*reader->count(query), 1);
}

TEST(RedisGuards, EmptiedStoreIsNoticedAndItsOldOwnerStaysOut) {
  RedisServer server;
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  const auto former = store->acquire()->epoch;
  ASSERT_THAT(store->commit(former, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  server({"FLUSHALL"});
  const auto refused = store->commit(former, a_page());
  EXPECT_THAT(refused, fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("emptied"));
  EXPECT_EQ(server({"DBSIZE"}), "0");
  const auto next = side.open_store();
  const auto acquired = next->acquire();
  ASSERT_THAT(acquired, is_ok());
  EXPECT_GT(acquired->epoch, former);
  EXPECT_EQ(acquired->checkpoint, Checkpoint());
  EXPECT_THAT(store->commit(former, a_page()), fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(next->commit(acquired->epoch, a_page()), is_ok());
}

// As a server does that lost the last moments before a power cut, or was restored from a copy.
TEST(RedisGuards, StoreThatWentBackIsNoticedAndGoesOnWhereItStands) {
  RedisReadSide side;
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  PlainClient client(parts().redis);
  const std::string meta = "{" + side.options().prefix + ":g1}:meta";
  ASSERT_THAT(store->commit(epoch, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  const std::string then = client({"HGET", meta, "revision"});
  ASSERT_THAT(store->commit(epoch, changes_of(workload_rows(kGenerator, 30, 30), 2)), is_ok());
  client({"HSET", meta, "revision", then, "applied", "1"});
  const auto refused = store->commit(epoch, changes_of(workload_rows(kGenerator, 60, 30), 3));
  EXPECT_THAT(refused, fails_with(ErrorCode::kVersionConflict));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("went back"));
  EXPECT_EQ(*side.open_reader()->applied(), 1);
  ASSERT_THAT(store->commit(store->acquire()->epoch, a_page()), is_ok());
  EXPECT_EQ(*side.open_reader()->applied(), 2);
}

TEST(RedisGuards, ForgottenScriptsAreSentAgain) {
  RedisServer server;
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  ASSERT_THAT(store->commit(epoch, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  const auto source = side.open_source();
  ASSERT_THAT(source->sums(Kind::kUser), is_ok());
  server({"SCRIPT", "FLUSH"});
  EXPECT_THAT(store->commit(epoch, a_page()), is_ok());
  server({"SCRIPT", "FLUSH"});
  const auto sums = source->sums(Kind::kUser);
  ASSERT_THAT(sums, is_ok());
  EXPECT_EQ(sums->entities(), 20);
  expect_whole_index(*side.open_reader());
}

// What the server refuses for now; the same commit goes through when it does no longer.
void expect_refused_then_done(RedisServer& server, const std::vector<std::string>& refuse,
                              const std::vector<std::string>& allow, const std::string& reason) {
  RedisReadSide side(server.url());
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  ASSERT_THAT(store->commit(epoch, changes_of(workload_rows(kGenerator, 0, 30), 1)), is_ok());
  const auto before = PlainClient(server.url()).dump("{");
  server(refuse);
  const auto refused = store->commit(epoch, a_page());
  EXPECT_THAT(refused, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(refused.error().message, testing::HasSubstr(reason));
  EXPECT_EQ(PlainClient(server.url()).dump("{"), before);
  EXPECT_THAT(side.open_reader()->get(std::vector<StreamKey>{user_key(1)}), is_ok());
  server(allow);
  EXPECT_THAT(store->commit(epoch, a_page()), is_ok());
  expect_whole_index(*side.open_reader());
}

TEST(RedisGuards, FullServerIsUnavailableUntilItHasRoom) {
  RedisServer server;
  expect_refused_then_done(server, {"CONFIG", "SET", "maxmemory", "100000"},
                           {"CONFIG", "SET", "maxmemory", "0"}, "raise maxmemory");
}

TEST(RedisGuards, ReplicaIsUnavailableForWriting) {
  RedisServer server;
  expect_refused_then_done(server, {"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"},
                           "READONLY");
}

TEST(RedisGuards, ServerThatThrowsKeysAwayIsNoStore) {
  RedisServer server;
  server({"CONFIG", "SET", "maxmemory", "100mb"});
  server({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto refused = redis::open_projection_store({server.url(), "cqrs"}, 1);
  EXPECT_THAT(refused, fails_with(ErrorCode::kUnavailable));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("noeviction"));
}

TEST(RedisGuards, ForeignTypeUnderOurKeysIsCorrupt) {
  RedisReadSide side;
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  PlainClient client(parts().redis);
  const std::string root = "{" + side.options().prefix + ":g1}:";
  client({"SET", root + "n1", "not ours"});
  EXPECT_THAT(store->commit(epoch, a_page()), fails_with(ErrorCode::kCorrupt));
  EXPECT_EQ(*side.open_reader()->applied(), 0);
  client({"DEL", root + "n1"});
  EXPECT_THAT(store->commit(epoch, a_page()), is_ok());
  expect_whole_index(*side.open_reader());
}

TEST(RedisGuards, ViewsOfAnotherFormatAreRefused) {
  RedisReadSide side;
  ASSERT_THAT(side.open_store()->acquire(), is_ok());
  PlainClient(parts().redis)({"HSET", "{" + side.options().prefix + ":g1}:meta", "format", "2"});
  EXPECT_THAT(redis::open_projection_store(side.options(), kGeneration),
              fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(redis::open_read_store(side.options(), kGeneration), fails_with(ErrorCode::kCorrupt));
}

TEST(RedisGuards, UrlIsChecked) {
  for (const char* url : {"", "127.0.0.1:6379", "redis://", "redis://host:", "redis://host:0",
                          "redis://host:99999", "redis://host/x", "rediss://host:6379"}) {
    EXPECT_THAT(redis::open_read_store({url, "cqrs"}, 1), fails_with(ErrorCode::kInvalid, "url"))
        << url;
  }
  EXPECT_THAT(redis::open_read_store({"redis://127.0.0.1:1", "cqrs"}, 1),
              fails_with(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace cqrs
