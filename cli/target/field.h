// Fields of an answer: where each stands, what form it has there, and how it is compared with what
// was sent. Amounts are compared as the decimal text that came, never through a double.
#pragma once

#include "cli/target/template.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::target {

enum class FieldType : std::uint8_t {
  kText,
  kInteger,
  kBoolean,
  kId,           // a string or a number, compared by its text
  kDecimal,      // money as a JSON number of major units: 12.30 equals 12.3
  kDecimalText,  // the same in a string
  kMinor,        // money as a whole JSON number of hundredths
};
// "text", "integer", "boolean", "id", "decimal", "decimal_text", "minor".
[[nodiscard]] std::optional<FieldType> field_type(std::string_view name);
[[nodiscard]] bool is_money(FieldType type);

struct Field {
  std::string name;  // of the variable that it must hold
  std::string at;    // JSON pointer
  FieldType type = FieldType::kText;
  std::map<std::string, std::string> map;  // from our value to theirs; empty: the same
  std::vector<Field> items;                // of an array at `at`, in our order: fields of each item
};

struct FieldDifference {
  std::string name;
  std::string expected;
  std::string actual;    // JSON; empty: not there
  bool missing = false;  // absent or null
  bool money = false;
};

// RFC 6901; "" is the whole document. Nothing when it is not there.
[[nodiscard]] const JsonValue* find_pointer(const JsonValue& root, std::string_view pointer);
// Empty, or begins with '/'.
[[nodiscard]] bool is_pointer(std::string_view text);
// A scalar as text: strings without quotes, numbers as they were sent.
[[nodiscard]] std::string text_of(const JsonValue& value);
// A number without a fraction that fits into 64 bits.
[[nodiscard]] std::optional<std::int64_t> whole_number(const JsonValue& value);
// Every number that means the same has the same text ("110", "1.10e2" …); nothing when it is none.
[[nodiscard]] std::optional<std::string> normal_decimal(std::string_view text);

// What differs; empty when nothing does. A field whose variable has no value is passed over.
[[nodiscard]] std::vector<FieldDifference> compare_fields(const std::vector<Field>& fields,
                                                          const Values& expected,
                                                          const JsonValue& answer);

}  // namespace cqrs::target
