#include "core/adapters/redis/row_reader.h"

#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/scripts.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

// Rows in one request: what is sent in one piece is done in one piece, before anybody else's turn.
constexpr std::size_t kAtOnce = 1'000;
constexpr int kBucketsAtOnce = 16;

}  // namespace

Status each_packed_row(Connection& connection, const Keys& keys, std::span<const StreamKey> wanted,
                       const std::function<Status(std::size_t, std::string_view)>& visit) {
  for (std::size_t from = 0; from < wanted.size(); from += kAtOnce) {
    const auto some = wanted.subspan(from, std::min(kAtOnce, wanted.size() - from));
    Request request;
    for (const auto& key : some) request.command("HGET", keys.row(key), key.id.view());
    auto replies = connection.read(request);
    if (!replies) return replies.error();
    for (std::size_t i = 0; i < some.size(); ++i) CQRS_TRY(visit(from + i, (*replies)[i].text()));
  }
  return {};
}

Result<std::vector<std::optional<ViewRow>>> read_rows(Connection& connection, const Keys& keys,
                                                      std::span<const StreamKey> wanted) {
  std::vector<std::optional<ViewRow>> rows(wanted.size());
  CQRS_TRY(each_packed_row(connection, keys, wanted,
                           [&](std::size_t i, std::string_view packed) -> Status {
                             if (packed.empty()) return {};
                             auto row = unpack_row(wanted[i], packed);
                             if (!row) return row.error();
                             rows[i] = std::move(*row);
                             return {};
                           }));
  return rows;
}

Result<std::vector<std::optional<ViewRow>>> next_rows(Connection& connection, const Keys& keys,
                                                      Kind kind, IdWalk& walk, std::size_t limit) {
  const auto wanted = static_cast<std::int64_t>(std::min(limit, kAtOnce));
  auto replies =
      connection.read(Request().command("ZRANGEBYLEX", keys.of(key_name('i', kind)), walk.from, "+",
                                        "LIMIT", std::int64_t{0}, wanted));
  if (!replies) return replies.error();
  const Reply ids = (*replies)[0];
  walk.ended = static_cast<std::int64_t>(ids.size()) < wanted;
  if (ids.size() > 0) walk.from = "(" + std::string(ids[ids.size() - 1].text());
  std::vector<StreamKey> found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto id = uuid_from_bytes(ids[i].text())) found.push_back({kind, *id});
  }
  return read_rows(connection, keys, found);
}

Status each_row_in(
    Connection& connection, const Keys& keys, Kind kind, const Buckets& buckets,
    const std::function<Status(std::string_view id, std::string_view packed)>& visit) {
  for (int first = buckets.from; first < buckets.to; first += kBucketsAtOnce) {
    Request request;
    const int end = std::min(buckets.to, first + kBucketsAtOnce);
    for (int bucket = first; bucket < end; ++bucket) {
      request.command("HGETALL", keys.rows(kind, bucket));
    }
    auto replies = connection.read(request);
    if (!replies) return replies.error();
    for (std::size_t i = 0; i < replies->size(); ++i) {
      const Reply rows = (*replies)[i];
      for (std::size_t at = 0; at + 1 < rows.size(); at += 2) {
        CQRS_TRY(visit(rows[at].text(), rows[at + 1].text()));
      }
    }
  }
  return {};
}

Status check_format(Connection& connection, const Keys& keys) {
  auto replies = connection.read(Request().command("HGET", keys.meta(), "format"));
  if (!replies) return replies.error();
  const auto format = (*replies)[0].text();
  if ((*replies)[0].is_nil() || format == kStoreFormat) return {};
  return make_error(ErrorCode::kCorrupt, connection.name() + ": views of format " +
                                             std::string(format) + ", this program knows " +
                                             kStoreFormat + ": rebuild them with this program");
}

}  // namespace cqrs::redis
