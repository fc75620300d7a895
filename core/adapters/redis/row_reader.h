// Reads rows by key, many in one round trip.
#pragma once

#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/keys.h"
#include "core/read/view_row.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace cqrs::redis {

// Calls `visit` with each key's packed row in order, empty when there is none.
[[nodiscard]] Status each_packed_row(
    Connection& connection, const Keys& keys, std::span<const StreamKey> wanted,
    const std::function<Status(std::size_t, std::string_view)>& visit);

// One entry per key, in order.
[[nodiscard]] Result<std::vector<std::optional<ViewRow>>> read_rows(
    Connection& connection, const Keys& keys, std::span<const StreamKey> wanted);

// A walk through a kind in order of id, a page a time.
struct IdWalk {
  explicit IdWalk(const Uuid& after)
      : from(after.is_nil() ? "-" : "(" + std::string(after.view())) {}
  std::string from;  // as ZRANGEBYLEX has it
  bool ended = false;
};
// The rows of the next ids, at most `limit`; nothing for one that is in the index only.
[[nodiscard]] Result<std::vector<std::optional<ViewRow>>> next_rows(Connection& connection,
                                                                    const Keys& keys, Kind kind,
                                                                    IdWalk& walk,
                                                                    std::size_t limit);

struct Buckets {
  int from = 0;
  int to = 0;  // the one behind the last
};
// Every row of these buckets.
[[nodiscard]] Status each_row_in(
    Connection& connection, const Keys& keys, Kind kind, const Buckets& buckets,
    const std::function<Status(std::string_view id, std::string_view packed)>& visit);

// Refuses views of a format that this program does not know; those that were never written are
// fine.
[[nodiscard]] Status check_format(Connection& connection, const Keys& keys);

}  // namespace cqrs::redis
