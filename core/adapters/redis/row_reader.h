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

// Refuses views of a format that this program does not know; those that were never written are
// fine.
[[nodiscard]] Status check_format(Connection& connection, const Keys& keys);

}  // namespace cqrs::redis
