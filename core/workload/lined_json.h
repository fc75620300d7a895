// A JSON text for people to write: every value knows its line, and all that is wrong is collected
// before anything is said. Names in errors are paths, "phases[1].mix".
#pragma once

#include "core/base/json.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// Not thread-safe. Values are valid as long as it lives and is not moved.
class LinedJson {
 public:
  // Error invalid: "FILE:LINE: malformed JSON: …". Strict as core/base/json.h is.
  [[nodiscard]] static Result<LinedJson> parse(std::string_view text, std::string file_name);

  [[nodiscard]] const JsonValue& root() const { return document_.root(); }
  // Where the value begins, or its key; from 1.
  [[nodiscard]] std::uint32_t line_of(const JsonValue& value) const;
  // The value at `path`, or the deepest one on the way there that exists.
  [[nodiscard]] const JsonValue& at(std::string_view path) const;

  // Adds "FILE:LINE: PATH: WHAT"; `what` names the limit and the way out.
  void complain(const JsonValue& value, const std::string& path, const std::string& what);
  [[nodiscard]] bool failed() const { return !problems_.empty(); }
  // All complaints in order of lines, one per line of text, at most 20.
  [[nodiscard]] Error error() const;

 private:
  struct Problem {
    std::uint32_t line = 0;
    std::string path;
    std::string text;
  };

  std::string file_name_;
  JsonDocument document_;
  std::vector<std::uint32_t> lines_;  // of the document's values, in their order
  std::vector<Problem> problems_;
};

// Reads the members of one object; what does not fit is complained about and read as absent.
class LinedObject {
 public:
  // `path` is empty for the document itself. Complains when `value` is no object.
  LinedObject(LinedJson& json, const JsonValue& value, std::string path);

  [[nodiscard]] bool valid() const { return value_.is(JsonType::kObject); }
  // Null when absent.
  const JsonValue* find(std::string_view key);
  // Absent is a problem: `example` says what to write.
  const JsonValue* require(std::string_view key, const std::string& example);
  [[nodiscard]] const JsonValue* array(std::string_view key, std::size_t most);

  std::optional<std::string> text(std::string_view key, std::size_t most);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most);
  // A number, or a text like "300k".
  [[nodiscard]] std::optional<std::uint64_t> whole(std::string_view key, std::uint64_t least,
                                                   std::uint64_t most);
  // A text like "250ms", "10s", "5m".
  [[nodiscard]] std::optional<std::chrono::microseconds> time(std::string_view key,
                                                              std::chrono::microseconds least,
                                                              std::chrono::microseconds most);

  void complain(std::string_view key, const std::string& what);
  [[nodiscard]] std::string path_of(std::string_view key) const;
  // Complains about members that nobody asked for.
  void finish();

  [[nodiscard]] LinedJson& json() { return json_; }
  [[nodiscard]] const JsonValue& value() const { return value_; }

 private:
  LinedJson& json_;
  const JsonValue& value_;
  std::string path_;
  std::vector<std::string_view> asked_;
};

}  // namespace cqrs
