// Reads the parts of a profile that repeat: requests, entities, fields. Used by read_target alone.
#pragma once

#include "core/base/object_reader.h"

#include "cli/output/units.h"
#include "cli/target/target_file.h"

#include <string>
#include <vector>

namespace cqrs::target {

// Not thread-safe. Every error is invalid and names the field.
class TargetReader {
 public:
  // What comes from the environment is appended to `secrets`, which outlives the reader.
  explicit TargetReader(std::vector<std::string>& secrets) : secrets_(secrets) {}

  [[nodiscard]] Result<std::string> expand(std::string_view text, const std::string& field) {
    return expand_environment(text, field, secrets_);
  }
  // method, path, body and expect of `object`, which stands at `field`.
  [[nodiscard]] Status request(ObjectReader& object, const std::string& field, Request& out);
  [[nodiscard]] Status entities(const JsonValue& value, Target& target);
  [[nodiscard]] Status statuses(const JsonValue& list, const std::string& field,
                                std::vector<int>& out);
  [[nodiscard]] Status pointer(const std::string& text, const std::string& field);

 private:
  [[nodiscard]] Status entity(const JsonValue& value, Kind kind, Target& target);
  [[nodiscard]] Status requests(const JsonValue& value, Kind kind, const std::string& path,
                                Target& target);
  [[nodiscard]] Status fields(const JsonValue& value, const std::string& path,
                              std::vector<Field>& out);
  [[nodiscard]] Status field(const JsonValue& value, const std::string& path, Field& out);
  [[nodiscard]] Status list(const JsonValue& value, const std::string& path, Entity& out);
  [[nodiscard]] Status find(const JsonValue& value, const std::string& path, Entity& out);

  std::vector<std::string>& secrets_;
};

// The variables that requests and fields about this kind may use.
[[nodiscard]] const std::vector<std::string>& variables_of(Kind kind);
// Those of one item of an order.
[[nodiscard]] const std::vector<std::string>& item_variables();

}  // namespace cqrs::target
