// JSON at the edges: a strict reader for what clients send and what we stored, and small writers.
//
// The reader refuses what would be lost or ambiguous later: duplicate keys, nesting deeper than 32,
// invalid UTF-8, anything after the value. A number keeps its *text*, because a price must never
// pass through a double. simdjson finds the structure, nlohmann the words for what is
// wrong with a text.
#pragma once

#include "core/base/result.h"
#include "core/base/uuid.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

inline constexpr std::size_t kMaxJsonDepth = 32;

enum class JsonType : std::uint8_t {
  kNull,
  kBoolean,
  kInteger,  // a number without fraction and exponent, of any size
  kDecimal,  // any other number
  kString,
  kArray,
  kObject
};

// One value inside a JsonDocument; what is inside it stands behind it, in order of the text.
struct JsonValue {
  JsonType type = JsonType::kNull;
  bool truth = false;        // of a boolean
  std::uint32_t size = 0;    // elements of an array, members of an object
  std::uint32_t extent = 1;  // values from this one to the next of the same array or object
  std::string_view key;      // of a member of an object, unescaped
  std::string_view text;     // of a string, unescaped; of a number, as it was sent

  [[nodiscard]] bool is(JsonType wanted) const { return type == wanted; }

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = JsonValue;
    using difference_type = std::ptrdiff_t;
    using pointer = const JsonValue*;
    using reference = const JsonValue&;

    Iterator() = default;
    explicit Iterator(const JsonValue* at) : at_(at) {}
    const JsonValue& operator*() const { return *at_; }
    const JsonValue* operator->() const { return at_; }
    Iterator& operator++() {
      at_ += at_->extent;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const JsonValue* at_ = nullptr;
  };
  // The elements of an array, or the members of an object.
  [[nodiscard]] Iterator begin() const { return Iterator(this + 1); }
  [[nodiscard]] Iterator end() const { return Iterator(this + extent); }
};

// An object without members, for readers of what may be absent.
[[nodiscard]] const JsonValue& empty_json_object();

// Owns the values of one text. Meant to be used again for many texts: then parsing allocates
// nothing. Not thread-safe; values are valid until the next parse() and survive a move.
class JsonDocument {
 public:
  JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  // Parses one JSON value. Error kInvalid with the reason and the byte offset; `field` is then
  // "JSON".
  [[nodiscard]] Status parse(std::string_view text);
  // Of the last text that was parsed without an error; null before the first.
  [[nodiscard]] const JsonValue& root() const { return values_.front(); }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::vector<JsonValue> values_;
};

// The same for a single text.
[[nodiscard]] Result<JsonDocument> parse_json(std::string_view text);

// Appends a value as JSON text without blanks, numbers as they were sent, members in their order.
void append_json(std::string& out, const JsonValue& value);
// The same with members sorted by key, so that equal values have equal text.
void append_canonical_json(std::string& out, const JsonValue& value);

// Appends `text` as a JSON string with quotes and escapes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

// Appends the decimal digits of `value`.
void append_integer(std::string& out, std::int64_t value);

// Builds one JSON object field by field without an intermediate tree; close() must be called last.
// Keys are literals that need no escape.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject& text(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
    return *this;
  }
  JsonObject& optional_text(std::string_view key, const std::optional<std::string>& value) {
    return value ? text(key, *value) : raw(key, "null");
  }
  JsonObject& id(std::string_view key, const Uuid& value) {
    name(key);
    out_ += '"';
    append_uuid(out_, value);
    out_ += '"';
    return *this;
  }
  JsonObject& number(std::string_view key, std::int64_t value) {
    name(key);
    append_integer(out_, value);
    return *this;
  }
  JsonObject& boolean(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
  }
  // `value` is JSON already.
  JsonObject& raw(std::string_view key, std::string_view value) {
    name(key);
    out_ += value;
    return *this;
  }
  // Writes the key alone; the caller appends the value to the same string.
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace cqrs
