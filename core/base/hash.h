// Small, published hash functions: where an entity's slice and bucket come from, and the seeded
// generator of everything that must be reproducible. None of them is cryptographic.
#pragma once

#include "core/base/uuid.h"

#include <cstdint>
#include <string_view>

namespace cqrs {

inline constexpr int kBuckets = 4096;  // 12 bits: the unit in which two stores are compared
inline constexpr int kSlices = 1024;   // 10 bits: the unit in which a log is partitioned

// SplitMix64 (Steele, Lea, Flood 2014): advances `state` and returns the next value.
inline std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

// The finaliser alone: a bijection that spreads every input bit over all output bits.
inline std::uint64_t mix64(std::uint64_t value) { return split_mix(value); }

// FNV-1a, 64 bits.
inline std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return hash;
}

// hash(id) = mix64(high ^ mix64(low)); the top 12 bits are the bucket and the top 10 the slice, so
// a bucket lies within one slice. Never a prefix of the id: UUIDv7 prefixes are time.
inline std::uint64_t id_hash(const Uuid& id) { return mix64(id.high() ^ mix64(id.low())); }
inline int bucket_of(const Uuid& id) { return static_cast<int>(id_hash(id) >> 52U); }
inline int slice_of(const Uuid& id) { return static_cast<int>(id_hash(id) >> 54U); }

}  // namespace cqrs
