// One field of a partial update: absent (leave as it is), null (clear) or a value (set).
#pragma once

#include <optional>

namespace cqrs {

template <class T>
struct Patch {
  bool present = false;
  std::optional<T> value;
  friend bool operator==(const Patch&, const Patch&) = default;
};

}  // namespace cqrs
