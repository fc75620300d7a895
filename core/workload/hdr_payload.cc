#include "core/workload/hdr_payload.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace cqrs {
namespace {

constexpr std::uint32_t kCookie = 0x1c849303;  // version 2 …
constexpr std::uint32_t kCookieMask = 0xffffff0f;
constexpr std::uint32_t kWordBits = 0x10;  // … with numbers of variable length
constexpr std::size_t kHeader = 40;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// ZigZag LEB128-64b9B: seven bits a byte, but the ninth byte carries eight.
void append_number(std::string& out, std::int64_t number) {
  auto value = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8 && value >= 0x80; ++i) {
    out += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

int bits_of(std::int64_t value) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

bool read_number(std::string_view& bytes, std::int64_t& number) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    if (i == bytes.size()) return false;
    const auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]));
    const bool last = i == 8 || byte < 0x80;
    value |= (i == 8 ? byte : byte & 0x7f) << (7 * i);
    if (!last) continue;
    bytes.remove_prefix(i + 1);
    number = static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
    return true;
  }
  return false;
}

// Where the buckets lie, of any precision and lowest value.
class Layout {
 public:
  Layout(std::int64_t lowest, int digits) {
    const double resolution = 2 * std::pow(10, digits);
    half_bits_ = static_cast<int>(std::ceil(std::log2(resolution))) - 1;
    unit_ = bits_of(lowest) - 1;
  }
  // Whether values of this bucket are beyond what 63 bits hold.
  [[nodiscard]] bool beyond(std::int64_t index) const {
    return (index >> half_bits_) + half_bits_ + unit_ > 60;
  }
  [[nodiscard]] std::int64_t low_of(std::int64_t index) const {
    const std::int64_t half = std::int64_t{1} << half_bits_;
    const std::int64_t shift = index < 2 * half ? 0 : index / half - 1;
    return (index - shift * half) << (shift + unit_);
  }
  [[nodiscard]] std::int64_t index_of(std::int64_t value) const {
    const std::int64_t scaled = value >> unit_;
    const int shift = std::max(0, bits_of(scaled) - half_bits_ - 1);
    return (std::int64_t{shift} << half_bits_) + (scaled >> shift);
  }

 private:
  int half_bits_;
  int unit_;
};

Error broken(const std::string& what) {
  return make_error(ErrorCode::kCorrupt, "HdrHistogram payload: " + what);
}

struct Header {
  std::uint64_t cookie = 0;
  std::uint64_t length = 0;
  std::int64_t offset = 0;
  std::uint64_t digits = 0;
  std::uint64_t lowest = 0;
};

Result<Header> header_of(std::string_view payload) {
  if (payload.size() < kHeader) return broken("shorter than its header of 40 bytes");
  const Header header{big_endian(payload.substr(0, 4)), big_endian(payload.substr(4, 4)),
                      static_cast<std::int64_t>(big_endian(payload.substr(8, 4))),
                      big_endian(payload.substr(12, 4)), big_endian(payload.substr(16, 8))};
  if ((header.cookie & kCookieMask) != kCookie) return broken("not of version 2 (the cookie)");
  if (header.length != payload.size() - kHeader) return broken("its length is not what it says");
  if (header.offset != 0) return broken("a normalizing offset is not supported");
  if (header.digits < 1 || header.digits > 5) return broken("significant digits are not 1 to 5");
  if (header.lowest < 1 || header.lowest > static_cast<std::uint64_t>(Histogram::kHighest)) {
    return broken("the lowest value is not within 1 us and 1 h");
  }
  return header;
}

}  // namespace

std::string encode_hdr(const Histogram& histogram, HdrDigits digits) {
  const Layout layout(Histogram::kLowest, static_cast<int>(digits));
  std::string counts;
  std::int64_t next = 0;  // bucket
  std::int64_t open = 0;  // its count so far: several of ours may be one of the coarser
  const auto flush = [&] {
    if (open > 0) append_number(counts, open);
    next += open > 0 ? 1 : 0;
    open = 0;
  };
  histogram.for_each_bucket([&](const Histogram::Bucket& bucket) {
    const std::int64_t index = layout.index_of(bucket.low);
    if (index != next) flush();
    // One empty bucket is a plain zero, more are their negative number.
    if (index > next) append_number(counts, index - next == 1 ? 0 : next - index);
    next = index;
    open += static_cast<std::int64_t>(bucket.count);
  });
  flush();
  std::string out;
  out.reserve(kHeader + counts.size());
  append_big_endian(out, kCookie | kWordBits, 4);
  append_big_endian(out, counts.size(), 4);
  append_big_endian(out, 0, 4);
  append_big_endian(out, static_cast<std::uint64_t>(digits), 4);
  append_big_endian(out, static_cast<std::uint64_t>(Histogram::kLowest), 8);
  append_big_endian(out, static_cast<std::uint64_t>(Histogram::kHighest), 8);
  append_big_endian(out, std::bit_cast<std::uint64_t>(1.0), 8);  // nothing is converted
  return out + counts;
}

Result<Histogram> decode_hdr(std::string_view payload) {
  const auto header = header_of(payload);
  if (!header) return header.error();
  const Layout layout(static_cast<std::int64_t>(header->lowest), static_cast<int>(header->digits));
  std::vector<Histogram::Bucket> buckets;
  std::string_view counts = payload.substr(kHeader);
  std::int64_t index = 0;
  while (!counts.empty()) {
    std::int64_t number = 0;
    if (!read_number(counts, number)) return broken("ends within a number");
    if (number < 0) {
      if (number < -(std::int64_t{1} << 40)) return broken("more empty buckets than there can be");
      index -= number;
    }
    if (layout.beyond(index)) return broken("more buckets than there can be");
    if (number < 0) continue;
    if (number > 0) {
      buckets.push_back(
          {layout.low_of(index), layout.low_of(index + 1) - 1, static_cast<std::uint64_t>(number)});
    }
    ++index;
  }
  return Histogram::of(buckets);
}

}  // namespace cqrs
