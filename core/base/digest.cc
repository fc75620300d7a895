#include "core/base/digest.h"

#include "core/base/crypto.h"

namespace cqrs {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
  }
}

}  // namespace

std::string to_string(const Digest& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::uint64_t value = (static_cast<std::uint64_t>(digest.high) << 32U) | digest.low;
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) {
    out += kHex[(value >> static_cast<unsigned>(shift)) & 0x0FU];
  }
  return out;
}

DigestBuilder::DigestBuilder(std::string_view kind, const Uuid& entity, std::int64_t version,
                             bool deleted) {
  bytes_.reserve(256);
  text(kind);
  id(entity);
  number(version);
  boolean(deleted);
}

void DigestBuilder::field(char tag, std::string_view bytes) {
  bytes_ += tag;
  append_big_endian(bytes_, bytes.size(), 4);
  bytes_ += bytes;
}

void DigestBuilder::text(std::string_view value) { field('s', value); }

void DigestBuilder::optional_text(const std::optional<std::string>& value) {
  if (value) {
    text(*value);
  } else {
    bytes_ += 'n';
  }
}

void DigestBuilder::number(std::int64_t value) {
  bytes_ += 'i';
  append_big_endian(bytes_, static_cast<std::uint64_t>(value), 8);
}

void DigestBuilder::boolean(bool value) { bytes_ += value ? 't' : 'f'; }

void DigestBuilder::id(const Uuid& value) { field('u', value.view()); }

void DigestBuilder::list(std::size_t count) {
  bytes_ += 'l';
  append_big_endian(bytes_, count, 4);
}

Digest DigestBuilder::finish() const {
  const std::uint64_t value = first_u64(sha256(bytes_));
  return {static_cast<std::uint32_t>(value >> 32U), static_cast<std::uint32_t>(value)};
}

std::int64_t BucketSums::entities() const {
  std::int64_t total = 0;
  for (const auto& sum : sums_) total += sum.count;
  return total;
}

std::vector<int> BucketSums::differing(const BucketSums& other) const {
  std::vector<int> out;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    if (at(bucket) != other.at(bucket)) out.push_back(bucket);
  }
  return out;
}

}  // namespace cqrs
