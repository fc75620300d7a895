// The content digest of one entity and the sums by which two stores are compared.
// Format, with test vectors: docs/formats/digest.md.
#pragma once

#include "core/base/hash.h"
#include "core/base/money.h"
#include "core/base/uuid.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// 64 bits in two 32-bit halves, because every store can sum those exactly over 2^31 rows.
struct Digest {
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// 16 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(const Digest& digest);

// Collects an entity's canonical fields in their fixed order and hashes them. Absent and empty
// differ; every field is length-prefixed, so no two field lists share an encoding.
class DigestBuilder {
 public:
  DigestBuilder(std::string_view kind, const Uuid& id, std::int64_t version, bool deleted);
  void text(std::string_view value);
  void optional_text(const std::optional<std::string>& value);
  void number(std::int64_t value);
  void boolean(bool value);
  void money(Money value) { number(value.minor); }
  void id(const Uuid& value);
  // Starts a list of `count` items; the items' fields follow.
  void list(std::size_t count);
  [[nodiscard]] Digest finish() const;

 private:
  void field(char tag, std::string_view bytes);
  std::string bytes_;
};

struct BucketSum {
  std::int64_t count = 0;
  std::int64_t high = 0;
  std::int64_t low = 0;
  friend bool operator==(const BucketSum&, const BucketSum&) = default;
};

// All buckets of one kind of entity in one store.
class BucketSums {
 public:
  BucketSums() : sums_(kBuckets) {}
  void add(int bucket, const Digest& digest) {
    auto& sum = sums_[static_cast<std::size_t>(bucket)];
    ++sum.count;
    sum.high += digest.high;
    sum.low += digest.low;
  }
  // What a store has summed by itself.
  void add_sum(int bucket, const BucketSum& part) {
    auto& sum = sums_[static_cast<std::size_t>(bucket)];
    sum.count += part.count;
    sum.high += part.high;
    sum.low += part.low;
  }
  [[nodiscard]] const BucketSum& at(int bucket) const {
    return sums_[static_cast<std::size_t>(bucket)];
  }
  [[nodiscard]] std::int64_t entities() const;
  // The buckets in which the two differ, ascending.
  [[nodiscard]] std::vector<int> differing(const BucketSums& other) const;

 private:
  std::vector<BucketSum> sums_;
};

}  // namespace cqrs
