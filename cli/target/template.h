// Texts with {{variables}}: paths, headers and JSON bodies of requests to a foreign system.
// Compiled once, filled for every request; what is filled in is escaped for the place where it
// stands.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::target {

// What a template is filled from.
class Values {
 public:
  virtual ~Values() = default;
  // Appends the value of `name` as it is, unescaped. False: there is none (now).
  [[nodiscard]] virtual bool append(std::string& out, std::string_view name) const = 0;
  // How often {{each item}} is repeated; inside of it names begin with "item.".
  [[nodiscard]] virtual std::size_t items() const { return 0; }
  [[nodiscard]] virtual bool append_item(std::string& /*out*/, std::size_t /*item*/,
                                         std::string_view /*name*/) const {
    return false;
  }

 protected:
  Values() = default;
  Values(const Values&) = default;
  Values& operator=(const Values&) = default;
};

enum class Escape : std::uint8_t {
  kPlain,  // as it is; line breaks are refused
  kPath,   // percent-encoded but for letters, digits and -._~
  kJson,   // inside a JSON string
};

class Template {
 public:
  Template() = default;
  // "/users/{{id}}". Error: invalid, naming `field`: {{ without }}, or an empty name.
  [[nodiscard]] static Result<Template> of_text(std::string_view text, Escape escape,
                                                const std::string& field);
  // A JSON value whose strings are templates: "{{name}}" gives a string, "{{price|number}}" (alone
  // in its string) the bare number. An array with one element that is an object with the key
  // "{{each item}}" is repeated per item with the value of that key.
  [[nodiscard]] static Result<Template> of_json(const JsonValue& value, const std::string& field);

  // Appends; false when a variable had no value: `out` is then half filled, and `missing()` of the
  // same values tells which.
  [[nodiscard]] bool fill(std::string& out, const Values& values) const;
  // The first variable that has no value; empty when all have one.
  [[nodiscard]] std::string missing(const Values& values) const;
  // Names as they stand, each once.
  [[nodiscard]] std::vector<std::string> variables() const;

 private:
  enum class Type : std::uint8_t { kText, kVariable, kNumber, kEach, kEnd };
  struct Piece {
    Type type = Type::kText;
    std::string text;
  };
  struct Compiler;
  [[nodiscard]] bool fill_range(std::string& out, const Values& values, std::size_t begin,
                                std::size_t end, const std::size_t* item) const;
  [[nodiscard]] bool fill_variable(std::string& out, const Values& values, const Piece& piece,
                                   const std::size_t* item) const;

  std::vector<Piece> pieces_;
  Escape escape_ = Escape::kPlain;
};

// Replaces every ${ENV:NAME} and ${ENV:NAME:-default}; what came from the environment is appended
// to `secrets`. Error: invalid, naming `field` and the variable that is not set.
[[nodiscard]] Result<std::string> expand_environment(std::string_view text,
                                                     const std::string& field,
                                                     std::vector<std::string>& secrets);

}  // namespace cqrs::target
