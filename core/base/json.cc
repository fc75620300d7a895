#include "core/base/json.h"

#include "core/base/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

namespace cqrs {
namespace {

namespace ondemand = simdjson::ondemand;

// What one document may keep for the next; a larger one gives its memory back.
constexpr std::size_t kKeptBytes = std::size_t{256} * 1024;
// Up to here keys are compared with each other; beyond, they are sorted.
constexpr std::size_t kFewMembers = 16;

// Only asked when a text was refused: walks it again and finds words for what is wrong.
class Explainer final : public nlohmann::json_sax<Json> {
 public:
  std::string problem;

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(); }
  bool key(string_t& name) override {
    if (open_.back().insert(name).second) return true;
    problem = "duplicate key \"" + name.substr(0, 64) + "\"";
    return false;
  }
  bool end_object() override { return shut(); }
  bool start_array(std::size_t /*size*/) override { return open(); }
  bool end_array() override { return shut(); }
  bool parse_error(std::size_t at, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // nlohmann's text begins with its own error number in brackets. What it read last stands behind
    // the reason and is left out: the input may hold a secret, and reasons are logged.
    const std::string text = error.what();
    const auto start = text.find("] ");
    problem = text.substr(start == std::string::npos ? 0 : start + 2);
    if (const auto quote = problem.find("; last read: "); quote != std::string::npos) {
      problem.resize(quote);
    }
    problem += " (byte " + std::to_string(at) + ")";
    return false;
  }

 private:
  bool open() {
    if (open_.size() >= kMaxJsonDepth) {
      problem = "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
      return false;
    }
    open_.emplace_back();
    return true;
  }
  bool shut() {
    open_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> open_;
};

Error malformed(const std::string& problem) {
  std::string message = "malformed JSON: ";
  for (const char c : problem) message += c < 0x20 || c > 0x7E ? '?' : c;
  return invalid("JSON", std::move(message));
}

Error explain(std::string_view text) {
  Explainer explainer;
  if (Json::sax_parse(text, &explainer) || explainer.problem.empty()) {
    return malformed("not valid JSON");
  }
  return malformed(explainer.problem);
}

bool digits(std::string_view text, std::size_t& at) {
  const std::size_t first = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > first;
}

// RFC 8259, section 6. simdjson leaves numbers that nobody asks for unread.
std::optional<JsonType> number_type(std::string_view text) {
  std::size_t at = !text.empty() && text.front() == '-' ? 1 : 0;
  const std::size_t first = at;
  if (!digits(text, at) || (text[first] == '0' && at > first + 1)) return std::nullopt;
  if (at == text.size()) return JsonType::kInteger;
  if (text[at] == '.' && !digits(text, ++at)) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits(text, at)) return std::nullopt;
  }
  return at == text.size() ? std::optional(JsonType::kDecimal) : std::nullopt;
}

// An escaped half of a surrogate pair comes out as three bytes that no valid UTF-8 has.
bool has_surrogate(std::string_view text) {
  for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

bool has_duplicate_key(const JsonValue& object) {
  if (object.size > kFewMembers) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size);
    for (const auto& member : object) keys.push_back(member.key);
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
  }
  for (auto left = object.begin(); left != object.end(); ++left) {
    for (auto right = left; ++right != object.end();) {
      if ((*left).key == (*right).key) return true;
    }
  }
  return false;
}

// Copies what simdjson finds into a flat list. Every method: false when the text is not valid.
class Flattener {
 public:
  explicit Flattener(std::vector<JsonValue>& values) : values_(values) {}

  bool add(ondemand::value value, std::string_view key, std::size_t depth) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    const std::size_t at = values_.size();
    values_.emplace_back().key = key;
    switch (type) {
      case ondemand::json_type::object:
        return add_object(value, at, depth + 1);
      case ondemand::json_type::array:
        return add_array(value, at, depth + 1);
      default:
        return add_scalar(value, type, values_[at]);
    }
  }

 private:
  bool add_object(ondemand::value& value, std::size_t at, std::size_t depth) {
    ondemand::object object;
    if (depth > kMaxJsonDepth || value.get_object().get(object) != simdjson::SUCCESS) return false;
    std::uint32_t size = 0;
    for (auto member : object) {
      std::string_view key;
      ondemand::value inner;
      if (member.unescaped_key().get(key) != simdjson::SUCCESS || has_surrogate(key)) return false;
      if (member.value().get(inner) != simdjson::SUCCESS || !add(inner, key, depth)) return false;
      ++size;
    }
    close(at, JsonType::kObject, size);
    return !has_duplicate_key(values_[at]);
  }

  bool add_array(ondemand::value& value, std::size_t at, std::size_t depth) {
    ondemand::array array;
    if (depth > kMaxJsonDepth || value.get_array().get(array) != simdjson::SUCCESS) return false;
    std::uint32_t size = 0;
    for (auto element : array) {
      ondemand::value inner;
      if (element.get(inner) != simdjson::SUCCESS || !add(inner, {}, depth)) return false;
      ++size;
    }
    close(at, JsonType::kArray, size);
    return true;
  }

  static bool add_scalar(ondemand::value& value, ondemand::json_type type, JsonValue& out) {
    if (type == ondemand::json_type::string) {
      out.type = JsonType::kString;
      return value.get_string().get(out.text) == simdjson::SUCCESS && !has_surrogate(out.text);
    }
    if (type == ondemand::json_type::boolean) {
      out.type = JsonType::kBoolean;
      return value.get_bool().get(out.truth) == simdjson::SUCCESS;
    }
    if (type == ondemand::json_type::null) {
      bool null = false;
      return value.is_null().get(null) == simdjson::SUCCESS && null;
    }
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::strchr(" \t\r\n", token.back()) != nullptr)
      token.remove_suffix(1);
    const auto number = number_type(token);
    out.type = number.value_or(JsonType::kNull);
    out.text = token;
    return number.has_value();
  }

  void close(std::size_t at, JsonType type, std::uint32_t size) {
    values_[at].type = type;
    values_[at].size = size;
    values_[at].extent = static_cast<std::uint32_t>(values_.size() - at);
  }

  std::vector<JsonValue>& values_;
};

void append_member(std::string& out, const JsonValue& member, bool sorted);

void append_value(std::string& out, const JsonValue& value, bool sorted) {
  switch (value.type) {
    case JsonType::kNull:
      out += "null";
      return;
    case JsonType::kBoolean:
      out += value.truth ? "true" : "false";
      return;
    case JsonType::kInteger:
      out += value.text == "-0" ? std::string_view("0") : value.text;
      return;
    case JsonType::kDecimal:
      out += value.text;
      return;
    case JsonType::kString:
      append_json_string(out, value.text);
      return;
    case JsonType::kArray:
    case JsonType::kObject:
      break;
  }
  std::vector<const JsonValue*> inner;
  inner.reserve(value.size);
  for (const auto& item : value) inner.push_back(&item);
  const bool object = value.is(JsonType::kObject);
  if (object && sorted) {
    std::sort(inner.begin(), inner.end(),
              [](const auto* left, const auto* right) { return left->key < right->key; });
  }
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (i > 0) out += ',';
    if (object) {
      append_member(out, *inner[i], sorted);
    } else {
      append_value(out, *inner[i], sorted);
    }
  }
  out += object ? '}' : ']';
}

void append_member(std::string& out, const JsonValue& member, bool sorted) {
  append_json_string(out, member.key);
  out += ':';
  append_value(out, member, sorted);
}

constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

}  // namespace

const JsonValue& empty_json_object() {
  static const JsonValue kEmpty{JsonType::kObject, false, 0, 1, {}, {}};
  return kEmpty;
}

struct JsonDocument::Parser {
  ondemand::parser parser;
  std::vector<char> padded;  // simdjson reads a few bytes beyond the end

  // The text stands in brackets, so that a lone scalar needs no path of its own.
  std::string_view enclose(std::string_view text) {
    const std::size_t needed = text.size() + 2 + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(needed + needed / 2);
    padded.front() = '[';
    std::copy(text.begin(), text.end(), padded.begin() + 1);
    padded[text.size() + 1] = ']';
    return {padded.data(), text.size() + 2};
  }

  bool read(std::string_view text, std::vector<JsonValue>& values) {
    const std::string_view enclosed = enclose(text);
    ondemand::document document;
    ondemand::array list;
    if (parser.iterate(enclosed.data(), enclosed.size(), padded.size()).get(document) !=
            simdjson::SUCCESS ||
        document.get_array().get(list) != simdjson::SUCCESS) {
      return false;
    }
    Flattener flattener(values);
    int count = 0;
    for (auto element : list) {
      ondemand::value value;
      if (++count > 1 || element.get(value) != simdjson::SUCCESS || !flattener.add(value, {}, 0)) {
        return false;
      }
    }
    // Nothing may stand behind our own closing bracket.
    return count == 1 && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }
};

JsonDocument::JsonDocument() : parser_(std::make_unique<Parser>()), values_(1) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Status JsonDocument::parse(std::string_view text) {
  values_.clear();
  if (parser_->padded.size() > kKeptBytes) *parser_ = Parser();
  // Neither reader sees a NUL for what it is.
  const auto nul = text.find('\0');
  if (nul == std::string_view::npos && parser_->read(text, values_)) return {};
  values_.assign(1, JsonValue());
  if (nul == std::string_view::npos) return explain(text);
  return malformed("NUL character (byte " + std::to_string(nul + 1) + ")");
}

Result<JsonDocument> parse_json(std::string_view text) {
  JsonDocument document;
  CQRS_TRY(document.parse(text));
  return document;
}

void append_json(std::string& out, const JsonValue& value) { append_value(out, value, false); }

void append_canonical_json(std::string& out, const JsonValue& value) {
  append_value(out, value, true);
}

void append_integer(std::string& out, std::int64_t value) {
  char text[20];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!needs_escape(c)) continue;
    out.append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[static_cast<unsigned char>(c) >> 4U];
        out += kHex[static_cast<unsigned char>(c) & 0x0FU];
    }
  }
  out.append(text, done, text.size() - done);
  out += '"';
}

}  // namespace cqrs
