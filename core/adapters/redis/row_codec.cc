#include "core/adapters/redis/row_codec.h"

namespace cqrs::redis {
namespace {

constexpr char kFormat = 1;

char* put(char* out, std::uint64_t value, unsigned bytes) {
  for (unsigned shift = bytes * 8; shift > 0; shift -= 8) {
    *out++ = static_cast<char>((value >> (shift - 8)) & 0xFFU);
  }
  return out;
}

std::uint64_t number_at(std::string_view bytes, std::size_t from, std::size_t size) {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(from, size)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

std::int64_t integer_at(std::string_view bytes, std::size_t from) {
  return static_cast<std::int64_t>(number_at(bytes, from, 8));
}

}  // namespace

RowHead pack_head(const ViewRow& row) {
  RowHead head{kFormat};
  char* out = head.data() + 1;
  out = put(out, static_cast<std::uint64_t>(row.version), 8);
  out = put(out, row.deleted ? 1U : 0U, 1);
  out = put(out, row.digest.high, 4);
  out = put(out, row.digest.low, 4);
  out = put(out, static_cast<std::uint64_t>(row.position), 8);
  out = put(out, static_cast<std::uint64_t>(row.created_at.micros), 8);
  put(out, static_cast<std::uint64_t>(row.updated_at.micros), 8);
  return head;
}

std::string pack_row(const ViewRow& row) {
  const RowHead head = pack_head(row);
  std::string out;
  out.reserve(head.size() + row.body.size());
  return out.append(head.data(), head.size()).append(row.body);
}

Result<ViewRow> unpack_row(const StreamKey& key, std::string_view packed) {
  if (packed.size() < kHeadSize || packed.front() != kFormat) {
    return make_error(ErrorCode::kCorrupt, "view row of " + std::string(kind_name(key.kind)) + " " +
                                               to_string(key.id) +
                                               " in Redis cannot be read: rebuild the views");
  }
  ViewRow row;
  row.key = key;
  row.version = integer_at(packed, 1);
  row.deleted = packed[9] != 0;
  row.digest.high = static_cast<std::uint32_t>(number_at(packed, 10, 4));
  row.digest.low = static_cast<std::uint32_t>(number_at(packed, 14, 4));
  row.position = integer_at(packed, 18);
  row.created_at.micros = integer_at(packed, 26);
  row.updated_at.micros = integer_at(packed, 34);
  row.body = packed.substr(kHeadSize);
  return row;
}

}  // namespace cqrs::redis
