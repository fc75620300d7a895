// The names and values of the cache, see docs/formats/cache.md. Internal to this adapter.
#pragma once

#include "core/read/view_row.h"

#include <optional>
#include <string>
#include <string_view>

namespace cqrs::redis {

class CacheKeys {
 public:
  CacheKeys(const std::string& prefix, int generation)
      : root_("{" + prefix + ":cache:g" + std::to_string(generation) + "}:") {}
  [[nodiscard]] std::string guard() const { return root_ + "guard"; }
  [[nodiscard]] std::string entries() const { return root_ + "e"; }  // how their names begin
  [[nodiscard]] std::string entry(const StreamKey& key) const;
  // Nothing for a name that is none of an entry.
  [[nodiscard]] std::optional<StreamKey> parse(std::string_view name) const;

 private:
  std::string root_;
};

// The guard's field that holds the floor of this key: one for all keys of a slot.
[[nodiscard]] std::string slot_field(const StreamKey& key);

struct CacheEntry {
  Uuid incarnation;
  Position read_at = 0;
  ViewRow row;
};
[[nodiscard]] std::string pack_entry(const Uuid& incarnation, Position read_at, const ViewRow& row);
// Nothing when it cannot be read: as if it were not there.
[[nodiscard]] std::optional<CacheEntry> unpack_entry(const StreamKey& key, std::string_view packed);

}  // namespace cqrs::redis
