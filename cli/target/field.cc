#include "cli/target/field.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cqrs::target {
namespace {

struct TypeName {
  std::string_view name;
  FieldType type;
};
constexpr std::array<TypeName, 7> kTypes{{{"text", FieldType::kText},
                                          {"integer", FieldType::kInteger},
                                          {"boolean", FieldType::kBoolean},
                                          {"id", FieldType::kId},
                                          {"decimal", FieldType::kDecimal},
                                          {"decimal_text", FieldType::kDecimalText},
                                          {"minor", FieldType::kMinor}}};

bool same_number(std::string_view left, std::string_view right) {
  const auto a = normal_decimal(left);
  return a && a == normal_decimal(right);
}

bool numeric(const JsonValue& value) {
  return value.is(JsonType::kInteger) || value.is(JsonType::kDecimal);
}

bool equal(FieldType type, const std::string& expected, const JsonValue& value) {
  switch (type) {
    case FieldType::kText:
      return value.is(JsonType::kString) && value.text == expected;
    case FieldType::kId:
      return (value.is(JsonType::kString) || value.is(JsonType::kInteger)) &&
             value.text == expected;
    case FieldType::kBoolean:
      return value.is(JsonType::kBoolean) && (value.truth ? "true" : "false") == expected;
    case FieldType::kInteger:
    case FieldType::kMinor:
      return value.is(JsonType::kInteger) && same_number(value.text, expected);
    case FieldType::kDecimal:
      return numeric(value) && same_number(value.text, expected);
    case FieldType::kDecimalText:
      return value.is(JsonType::kString) && same_number(value.text, expected);
  }
  return false;
}

// One item of the expected array as if it were a whole entity.
class ItemValues final : public Values {
 public:
  ItemValues(const Values& all, std::size_t item) : all_(all), item_(item) {}
  [[nodiscard]] bool append(std::string& out, std::string_view name) const override {
    return all_.append_item(out, item_, name);
  }

 private:
  const Values& all_;
  std::size_t item_;
};

std::string shown(const JsonValue& value) {
  std::string text;
  append_json(text, value);
  constexpr std::size_t kMost = 200;
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

void compare_items(const Field& field, const Values& expected, const JsonValue* value,
                   std::vector<FieldDifference>& out) {
  const std::string count = std::to_string(expected.items()) + " items";
  if (value == nullptr || value->is(JsonType::kNull)) {
    out.push_back({field.name, count, "", true, false});
    return;
  }
  if (!value->is(JsonType::kArray) || value->size != expected.items()) {
    out.push_back({field.name, count, shown(*value), false, false});
    return;
  }
  std::size_t number = 0;
  for (const auto& element : *value) {
    const ItemValues item(expected, number);
    for (auto& difference : compare_fields(field.items, item, element)) {
      difference.name = field.name + "[" + std::to_string(number) + "]." + difference.name;
      out.push_back(std::move(difference));
    }
    ++number;
  }
}

}  // namespace

std::optional<FieldType> field_type(std::string_view name) {
  for (const auto& known : kTypes) {
    if (known.name == name) return known.type;
  }
  return std::nullopt;
}

bool is_money(FieldType type) {
  return type == FieldType::kDecimal || type == FieldType::kDecimalText ||
         type == FieldType::kMinor;
}

bool is_pointer(std::string_view text) { return text.empty() || text.front() == '/'; }

const JsonValue* find_pointer(const JsonValue& root, std::string_view pointer) {
  const JsonValue* at = &root;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    std::string word;
    for (std::size_t i = 0; i < end; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < end;
      word += !escaped ? pointer[i] : pointer[i + 1] == '1' ? '/' : '~';
      if (escaped) ++i;
    }
    pointer.remove_prefix(end);
    const JsonValue* next = nullptr;
    if (at->is(JsonType::kObject)) {
      for (const auto& member : *at) {
        if (member.key == word) next = &member;
      }
    } else if (at->is(JsonType::kArray)) {
      std::size_t index = 0;
      const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), index);
      std::size_t number = 0;
      const bool good = error == std::errc() && last == word.data() + word.size();
      for (const auto& element : *at) {
        if (good && number++ == index) next = &element;
      }
    }
    if (next == nullptr) return nullptr;
    at = next;
  }
  return at;
}

std::string text_of(const JsonValue& value) {
  if (value.is(JsonType::kString)) return std::string(value.text);
  std::string text;
  append_json(text, value);
  return text;
}

std::optional<std::int64_t> whole_number(const JsonValue& value) {
  if (!value.is(JsonType::kInteger)) return std::nullopt;
  std::int64_t number = 0;
  const char* const last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

std::optional<std::string> normal_decimal(std::string_view text) {
  std::string sign;
  if (text.starts_with('-')) {
    sign = "-";
    text.remove_prefix(1);
  }
  const auto e = text.find_first_of("eE");
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    auto power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc() || end != power.data() + power.size()) return std::nullopt;
    text = text.substr(0, e);
  }
  std::string digits;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      if (point) --exponent;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty()) return std::nullopt;
  while (digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") return std::string("0");
  return sign + digits + "e" + std::to_string(exponent);
}

std::vector<FieldDifference> compare_fields(const std::vector<Field>& fields,
                                            const Values& expected, const JsonValue& answer) {
  std::vector<FieldDifference> out;
  for (const auto& field : fields) {
    const JsonValue* value = find_pointer(answer, field.at);
    if (!field.items.empty()) {
      compare_items(field, expected, value, out);
      continue;
    }
    std::string wanted;
    if (!expected.append(wanted, field.name)) continue;
    if (const auto mapped = field.map.find(wanted); mapped != field.map.end()) {
      wanted = mapped->second;
    }
    const bool money = is_money(field.type);
    if (value == nullptr || value->is(JsonType::kNull)) {
      out.push_back({field.name, wanted, "", true, money});
    } else if (!equal(field.type, wanted, *value)) {
      out.push_back({field.name, wanted, shown(*value), false, money});
    }
  }
  return out;
}

}  // namespace cqrs::target
