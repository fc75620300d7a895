#include "core/adapters/redis/cache_codec.h"

#include "core/adapters/redis/row_codec.h"
#include "core/base/hash.h"

namespace cqrs::redis {
namespace {

constexpr std::size_t kIncarnation = 16;
constexpr std::size_t kStamp = kIncarnation + 8;

}  // namespace

std::string CacheKeys::entry(const StreamKey& key) const {
  std::string name = entries();
  name += static_cast<char>('0' + static_cast<int>(key.kind));
  name += ':';
  append_uuid(name, key.id);
  return name;
}

std::optional<StreamKey> CacheKeys::parse(std::string_view name) const {
  const std::string begin = entries();
  if (!name.starts_with(begin) || name.size() < begin.size() + 2) return std::nullopt;
  name.remove_prefix(begin.size());
  const auto id = parse_uuid(name.substr(2));
  for (const Kind kind : kAllKinds) {
    if (name[0] != static_cast<char>('0' + static_cast<int>(kind)) || name[1] != ':') continue;
    if (id) return StreamKey{kind, *id};
  }
  return std::nullopt;
}

// 16 bits of the hash: an update of one entity takes away what is cached of its slot, which of a
// million entities are 15.
std::string slot_field(const StreamKey& key) {
  std::string field(1, static_cast<char>('0' + static_cast<int>(key.kind)));
  return field + ':' + std::to_string(id_hash(key.id) >> 48U);
}

std::string pack_entry(const Uuid& incarnation, Position read_at, const ViewRow& row) {
  std::string out(incarnation.view());
  const auto number = static_cast<std::uint64_t>(read_at);
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    out += static_cast<char>((number >> (shift - 8)) & 0xFFU);
  }
  return out + pack_row(row);
}

std::optional<CacheEntry> unpack_entry(const StreamKey& key, std::string_view packed) {
  if (packed.size() < kStamp) return std::nullopt;
  const auto incarnation = uuid_from_bytes(packed.substr(0, kIncarnation));
  auto row = unpack_row(key, packed.substr(kStamp));
  if (!incarnation || !row) return std::nullopt;
  std::uint64_t read_at = 0;
  for (const char c : packed.substr(kIncarnation, 8)) {
    read_at = read_at << 8U | static_cast<unsigned char>(c);
  }
  return CacheEntry{*incarnation, static_cast<Position>(read_at), std::move(*row)};
}

}  // namespace cqrs::redis
