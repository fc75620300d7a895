#include "core/adapters/redis/index_audit.h"
#include "core/adapters/redis/list_reader.h"
#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/stores.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

constexpr int kAttempts = 3;

class RedisReadStore final : public ReadStore {
 public:
  RedisReadStore(std::unique_ptr<Connection> connection, Keys keys)
      : connection_(std::move(connection)), keys_(std::move(keys)), lists_(*connection_, keys_) {}

  Result<std::vector<std::optional<ViewRow>>> get(std::span<const StreamKey> keys) override {
    return read_rows(*connection_, keys_, keys);
  }

  Result<std::vector<ViewRow>> list(Kind kind, const Uuid& after, std::size_t limit) override {
    std::vector<ViewRow> listed;
    for (IdWalk walk(after); listed.size() < limit && !walk.ended;) {
      auto rows = next_rows(*connection_, keys_, kind, walk, limit - listed.size());
      if (!rows) return rows.error();
      for (auto& row : *rows) {
        if (row && !row->deleted) listed.push_back(std::move(*row));
      }
    }
    return listed;
  }

  // The rows are read after their places. One that was deleted in between would make the page look
  // like the last one, so it is asked for again; one that is still there is damage, and left out.
  Result<Listed> find(const ListQuery& query) override {
    for (int attempt = 1;; ++attempt) {
      auto places = lists_.find(query);
      if (!places) return places.error();
      const std::size_t wanted = places->size();
      auto listed = rows_at(query.kind, std::move(*places));
      if (!listed || listed->rows.size() == wanted || attempt == kAttempts) return listed;
    }
  }

  Result<std::int64_t> count(const ListQuery& query) override { return lists_.count(query); }

  Result<std::vector<bool>> parked(std::span<const StreamKey> keys) override {
    std::vector<bool> parked(keys.size());
    if (keys.empty()) return parked;
    Arguments packed;
    for (const auto& key : keys) packed.add(packed_key(key));
    auto replies =
        connection_->read(Request().command_with(packed, "SMISMEMBER", keys_.parked_keys()));
    if (!replies) return replies.error();
    for (std::size_t i = 0; i < keys.size(); ++i) parked[i] = (*replies)[0][i].integer() != 0;
    return parked;
  }

  Result<std::vector<Uuid>> index_differences(Kind kind, std::size_t limit) override {
    return redis::index_differences(*connection_, keys_, kind, limit);
  }

  Result<Position> applied() override {
    auto replies = connection_->read(Request().command("HGET", keys_.meta(), "applied"));
    if (!replies) return replies.error();
    return Position{(*replies)[0].integer()};
  }

  Result<Counts> counts() override {
    Request request;
    for (const Kind kind : kAllKinds) request.command("ZCARD", keys_.of(key_name('c', kind)));
    auto replies = connection_->read(request);
    if (!replies) return replies.error();
    return Counts{(*replies)[0].integer(), (*replies)[1].integer(), (*replies)[2].integer()};
  }

 private:
  Result<Listed> rows_at(Kind kind, std::vector<SortPlace> places) {
    std::vector<StreamKey> keys;
    keys.reserve(places.size());
    for (const auto& place : places) keys.push_back({kind, place.id});
    auto rows = read_rows(*connection_, keys_, keys);
    if (!rows) return rows.error();
    Listed listed;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      auto& row = (*rows)[i];
      if (!row || row->deleted) continue;
      listed.rows.push_back(std::move(*row));
      listed.places.push_back(std::move(places[i]));
    }
    return listed;
  }

  std::unique_ptr<Connection> connection_;
  Keys keys_;
  ListReader lists_;
};

}  // namespace

Result<std::unique_ptr<ReadStore>> open_read_store(const Options& options, int generation) {
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  Keys keys(options.prefix, generation);
  CQRS_TRY(check_format(**connection, keys));
  return std::unique_ptr<ReadStore>(
      std::make_unique<RedisReadStore>(std::move(*connection), std::move(keys)));
}

}  // namespace cqrs::redis
