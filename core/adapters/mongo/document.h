// BSON documents as values: an owner with typed appending, and typed reading that knows what is
// missing. Internal to this adapter.
#pragma once

#include "core/base/result.h"
#include "core/base/uuid.h"

#include <mongoc/mongoc.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cqrs::mongo {

class Doc {
 public:
  Doc() : bson_(bson_new()) {}
  Doc(Doc&& other) noexcept
      : bson_(std::exchange(other.bson_, nullptr)), elements_(other.elements_) {}
  Doc& operator=(Doc&& other) noexcept {
    std::swap(bson_, other.bson_);
    std::swap(elements_, other.elements_);
    return *this;
  }
  ~Doc() { bson_destroy(bson_); }

  [[nodiscard]] const bson_t* get() const { return bson_; }
  [[nodiscard]] bson_t* get() { return bson_; }

  Doc& text(std::string_view key, std::string_view value);
  Doc& number(std::string_view key, std::int64_t value);
  // A flag or a direction in an index or an order: 32 bits, as other drivers write them.
  Doc& small(std::string_view key, int value);
  Doc& flag(std::string_view key, bool value);
  // Binary of subtype 4, which the server compares byte by byte, as Uuid does.
  Doc& id(std::string_view key, const Uuid& value);
  Doc& regex(std::string_view key, const std::string& pattern);
  Doc& doc(std::string_view key, const Doc& value);
  Doc& array(std::string_view key, const Doc& numbered);
  // As the next element of an array: under "0", "1", "2" …
  Doc& next(const Doc& value);
  Doc& next(std::string_view value);
  Doc& next(const Uuid& value);
  Doc& next(std::int64_t value);

  [[nodiscard]] bool empty() const { return bson_empty(bson_); }

 private:
  [[nodiscard]] std::string next_key() { return std::to_string(elements_++); }

  bson_t* bson_;  // no unique_ptr: its type is over-aligned, which templates warn of
  std::uint32_t elements_ = 0;
};

// { "key": value }, which most filters and stages are.
[[nodiscard]] Doc one(std::string_view key, const Doc& value);
[[nodiscard]] Doc one(std::string_view key, std::int64_t value);
[[nodiscard]] Doc one(std::string_view key, std::string_view value);
[[nodiscard]] Doc one(std::string_view key, const char* value);
[[nodiscard]] Doc one(std::string_view key, const Uuid& value);
[[nodiscard]] Doc one(std::string_view key, bool value);
// { "a": 1, "b": 1 }: a projection, an index.
[[nodiscard]] Doc all_of(std::initializer_list<std::string_view> keys, int value = 1);

// Reads the fields of one document; the first one that is missing or of another type is kept.
class Fields {
 public:
  explicit Fields(const bson_t& bson) : Fields(bson_get_data(&bson), bson.len) {}
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  [[nodiscard]] std::int64_t number(const char* key);
  [[nodiscard]] std::uint32_t half(const char* key);  // of a digest
  [[nodiscard]] bool flag(const char* key);
  [[nodiscard]] std::string text(const char* key);
  [[nodiscard]] Uuid id(const char* key);
  // A document within this one, which must outlive it; without fields when there is none.
  [[nodiscard]] Fields inside(const char* key);
  [[nodiscard]] const bson_t& bson() const { return bson_; }

  // Empty: every field that was asked for could be read.
  [[nodiscard]] const std::string& first_bad() const { return bad_; }
  // Error: corrupt, naming the field, `what` it is of, and the way out.
  [[nodiscard]] Status status(std::string_view what) const;

 private:
  Fields(const std::uint8_t* data, std::size_t size) {
    if (data == nullptr || !bson_init_static(&bson_, data, size)) bson_init(&bson_);
  }
  // Positioned on the key, when it is there.
  [[nodiscard]] bool find(bson_iter_t& at, const char* key);
  void bad(const char* key);

  bson_t bson_{};
  std::string bad_;
};

}  // namespace cqrs::mongo
