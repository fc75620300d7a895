// One row as a value in Redis: a head of fixed width that scripts read, then the body.
//
//   offset  bytes
//        0      1  format of the row: 1
//        1      8  version
//        9      1  1 when deleted
//       10      4  digest, high half
//       14      4  digest, low half
//       18      8  position
//       26      8  created at, microseconds
//       34      8  updated at
//       42         body: JSON, empty when deleted
//
// Numbers are big-endian.
#pragma once

#include "core/base/result.h"
#include "core/read/view_row.h"

#include <array>
#include <string>
#include <string_view>

namespace cqrs::redis {

inline constexpr std::size_t kHeadSize = 42;

using RowHead = std::array<char, kHeadSize>;
[[nodiscard]] RowHead pack_head(const ViewRow& row);
[[nodiscard]] std::string pack_row(const ViewRow& row);
// `key` is where it was found. Error: corrupt.
[[nodiscard]] Result<ViewRow> unpack_row(const StreamKey& key, std::string_view packed);

}  // namespace cqrs::redis
