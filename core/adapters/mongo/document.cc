#include "core/adapters/mongo/document.h"

#include <limits>

namespace cqrs::mongo {
namespace {

int length(std::string_view text) { return static_cast<int>(text.size()); }

}  // namespace

Doc& Doc::text(std::string_view key, std::string_view value) {
  CQRS_CHECK(bson_append_utf8(get(), key.data(), length(key), value.data(), length(value)));
  return *this;
}

Doc& Doc::number(std::string_view key, std::int64_t value) {
  CQRS_CHECK(bson_append_int64(get(), key.data(), length(key), value));
  return *this;
}

Doc& Doc::small(std::string_view key, int value) {
  CQRS_CHECK(bson_append_int32(get(), key.data(), length(key), value));
  return *this;
}

Doc& Doc::flag(std::string_view key, bool value) {
  CQRS_CHECK(bson_append_bool(get(), key.data(), length(key), value));
  return *this;
}

Doc& Doc::id(std::string_view key, const Uuid& value) {
  CQRS_CHECK(bson_append_binary(get(), key.data(), length(key), BSON_SUBTYPE_UUID,
                                value.bytes.data(),
                                static_cast<std::uint32_t>(value.bytes.size())));
  return *this;
}

Doc& Doc::regex(std::string_view key, const std::string& pattern) {
  CQRS_CHECK(bson_append_regex(get(), key.data(), length(key), pattern.c_str(), ""));
  return *this;
}

Doc& Doc::doc(std::string_view key, const Doc& value) {
  CQRS_CHECK(bson_append_document(get(), key.data(), length(key), value.get()));
  return *this;
}

Doc& Doc::array(std::string_view key, const Doc& numbered) {
  CQRS_CHECK(bson_append_array(get(), key.data(), length(key), numbered.get()));
  return *this;
}

Doc& Doc::next(const Doc& value) { return doc(next_key(), value); }
Doc& Doc::next(std::string_view value) { return text(next_key(), value); }
Doc& Doc::next(const Uuid& value) { return id(next_key(), value); }
Doc& Doc::next(std::int64_t value) { return number(next_key(), value); }

Doc one(std::string_view key, const Doc& value) {
  Doc doc;
  doc.doc(key, value);
  return doc;
}

Doc one(std::string_view key, std::int64_t value) {
  Doc doc;
  doc.number(key, value);
  return doc;
}

Doc one(std::string_view key, std::string_view value) {
  Doc doc;
  doc.text(key, value);
  return doc;
}

Doc one(std::string_view key, const char* value) { return one(key, std::string_view(value)); }

Doc one(std::string_view key, const Uuid& value) {
  Doc doc;
  doc.id(key, value);
  return doc;
}

Doc one(std::string_view key, bool value) {
  Doc doc;
  doc.flag(key, value);
  return doc;
}

Doc all_of(std::initializer_list<std::string_view> keys, int value) {
  Doc doc;
  for (const auto key : keys) doc.small(key, value);
  return doc;
}

bool Fields::find(bson_iter_t& at, const char* key) {
  if (bson_iter_init_find(&at, &bson_, key)) return true;
  bad(key);
  return false;
}

void Fields::bad(const char* key) {
  if (bad_.empty()) bad_ = key;
}

std::int64_t Fields::number(const char* key) {
  bson_iter_t at;
  if (!find(at, key)) return 0;
  if (!BSON_ITER_HOLDS_INT(&at)) bad(key);
  return bson_iter_as_int64(&at);
}

std::uint32_t Fields::half(const char* key) {
  const auto value = number(key);
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) bad(key);
  return static_cast<std::uint32_t>(value);
}

bool Fields::flag(const char* key) {
  bson_iter_t at;
  if (!find(at, key)) return false;
  if (!BSON_ITER_HOLDS_BOOL(&at)) bad(key);
  return bson_iter_as_bool(&at);
}

std::string Fields::text(const char* key) {
  bson_iter_t at;
  if (!find(at, key)) return {};
  std::uint32_t size = 0;
  const char* value = bson_iter_utf8(&at, &size);
  if (value == nullptr) {
    bad(key);
    return {};
  }
  return {value, size};
}

Uuid Fields::id(const char* key) {
  bson_iter_t at;
  if (!find(at, key)) return {};
  std::optional<Uuid> id;
  if (BSON_ITER_HOLDS_BINARY(&at)) {
    bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
    std::uint32_t size = 0;
    const std::uint8_t* bytes = nullptr;
    bson_iter_binary(&at, &subtype, &size, &bytes);
    id = uuid_from_bytes({reinterpret_cast<const char*>(bytes), size});
  }
  if (!id) bad(key);
  return id.value_or(Uuid{});
}

Fields Fields::inside(const char* key) {
  bson_iter_t at;
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  if (find(at, key) && BSON_ITER_HOLDS_DOCUMENT(&at)) {
    bson_iter_document(&at, &size, &bytes);
  } else {
    bad(key);
  }
  return {bytes, size};
}

Status Fields::status(std::string_view what) const {
  if (bad_.empty()) return {};
  return make_error(ErrorCode::kCorrupt, std::string(what) + ": the field " + bad_ +
                                             " is missing or of another type: rebuild the views");
}

}  // namespace cqrs::mongo
