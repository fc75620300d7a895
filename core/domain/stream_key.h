// What an aggregate is addressed by: its kind and its id.
#pragma once

#include "core/base/uuid.h"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace cqrs {

// The numbers are stored; never renumber.
enum class Kind : std::uint8_t { kUser = 1, kProduct = 2, kOrder = 3 };

inline constexpr std::array<Kind, 3> kAllKinds{Kind::kUser, Kind::kProduct, Kind::kOrder};

// "user": in event types, digests, topics and reports.
[[nodiscard]] constexpr std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "user";
    case Kind::kProduct:
      return "product";
    case Kind::kOrder:
      return "order";
  }
  return "unknown";
}

[[nodiscard]] constexpr std::optional<Kind> kind_from_number(std::int64_t number) {
  if (number < 1 || number > static_cast<std::int64_t>(kAllKinds.size())) return std::nullopt;
  return static_cast<Kind>(number);
}

// A slot per kind in small tables: 0, 1, 2.
[[nodiscard]] constexpr std::size_t kind_index(Kind kind) {
  return static_cast<std::size_t>(kind) - 1;
}

struct StreamKey {
  Kind kind = Kind::kUser;
  Uuid id;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

}  // namespace cqrs

template <>
struct std::hash<cqrs::StreamKey> {
  std::size_t operator()(const cqrs::StreamKey& key) const noexcept {
    return std::hash<cqrs::Uuid>()(key.id) + static_cast<std::size_t>(key.kind);
  }
};
