// JSON at the edges: a strict reader for what clients send and small writers for what we store.
//
// The reader refuses what would be lost or ambiguous later: duplicate keys, nesting deeper than 32,
// invalid UTF-8, anything after the value. A number with a fraction or exponent keeps its *text*
// (as a binary value, which JSON text itself cannot express), because a price must never pass
// through a double.
#pragma once

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxJsonDepth = 32;

// Parses one JSON value. Error kInvalid with the reason and the byte offset.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// The text of a number as it was sent ("17.35", "20"); nothing when `value` is not a number.
[[nodiscard]] std::optional<std::string> number_text(const Json& value);

// Turns the kept decimal texts inside a value back into JSON numbers, so that it can be dumped.
[[nodiscard]] Json restore_numbers(Json value);

// Appends `text` as a JSON string with quotes and escapes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

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
  JsonObject& number(std::string_view key, std::int64_t value) {
    return raw(key, std::to_string(value));
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
