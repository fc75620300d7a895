#include "core/workload/lined_json.h"

#include "core/workload/nearest.h"
#include "core/workload/quantity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace cqrs {
namespace {

constexpr std::size_t kMostProblems = 20;
constexpr std::size_t kShownText = 60;

std::string shown(std::string_view text) {
  return "\"" + std::string(text.substr(0, kShownText)) + "\"";
}

// Follows a text from value to value, as the parser meets them, and counts lines. Where the text is
// not valid JSON it goes on somehow: then only `trouble` is of use.
class LineScan {
 public:
  explicit LineScan(std::string_view text) : text_(text) {
    while (at_ < text_.size()) step();
  }
  std::vector<std::uint32_t> lines;
  std::uint32_t trouble = 1;  // the first key that stands twice, or value that is nested too deep

 private:
  void step() {
    const char c = text_[at_];
    switch (c) {
      case '\n':
        ++line_;
        ++at_;
        return;
      case ' ':
      case '\t':
      case '\r':
      case ',':
      case ':':
        ++at_;
        return;
      case '{':
      case '[':
        add();
        keys_.emplace_back();
        if (keys_.size() == kMaxJsonDepth + 1) blame();
        ++at_;
        return;
      case '}':
      case ']':
        if (!keys_.empty()) keys_.pop_back();
        ++at_;
        return;
      case '"':
        string();
        return;
      default:
        add();
        at_ = std::min(text_.find_first_of(",]}: \t\r\n\"", at_ + 1), text_.size());
    }
  }

  void string() {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    at_ = std::min(at_ + 1, text_.size());
    const auto next = text_.find_first_not_of(" \t\r\n", at_);
    if (next == std::string_view::npos || text_[next] != ':') {
      add();
      return;
    }
    key_line_ = line_;
    if (!keys_.empty() && !keys_.back().insert(text_.substr(start, at_ - start)).second) blame();
  }

  void add() {
    lines.push_back(key_line_ != 0 ? key_line_ : line_);
    key_line_ = 0;
  }
  void blame() {
    if (blamed_) return;
    blamed_ = true;
    trouble = line_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t key_line_ = 0;  // of the key whose value comes next; 0: none
  bool blamed_ = false;
  std::vector<std::set<std::string_view>> keys_;
};

const JsonValue* element_of(const JsonValue& value, std::size_t index) {
  if (!value.is(JsonType::kArray) || index >= value.size) return nullptr;
  return &*std::next(value.begin(), static_cast<std::ptrdiff_t>(index));
}

const JsonValue* member_of(const JsonValue& value, std::string_view key) {
  if (!value.is(JsonType::kObject)) return nullptr;
  for (const auto& member : value) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

// Takes the first step off `path`: "phases", ".mix" or "[1]".
const JsonValue* step_into(const JsonValue& value, std::string_view& path) {
  if (path.front() == '[') {
    std::size_t index = 0;
    std::from_chars(path.data() + 1, path.data() + path.size(), index);
    path.remove_prefix(std::min(path.find(']'), path.size() - 1) + 1);
    return element_of(value, index);
  }
  if (path.front() == '.') path.remove_prefix(1);
  const auto length = std::min(path.find_first_of(".["), path.size());
  const auto key = path.substr(0, length);
  path.remove_prefix(length);
  return member_of(value, key);
}

// The parser says "line 3, column 5" of what is no JSON, and "(byte 17)" of a NUL.
std::uint32_t line_of_error(std::string_view text, const std::string& message) {
  const auto number_behind = [&message](std::string_view word) {
    std::size_t number = 0;
    const auto at = message.find(word);
    if (at == std::string::npos) return number;
    std::from_chars(message.data() + at + word.size(), message.data() + message.size(), number);
    return number;
  };
  if (const auto line = number_behind("at line "); line > 0) {
    return static_cast<std::uint32_t>(line);
  }
  if (const auto byte = number_behind("(byte "); byte > 0) {
    const auto before = text.substr(0, byte);
    return 1 + static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  }
  return LineScan(text).trouble;
}

}  // namespace

Result<LinedJson> LinedJson::parse(std::string_view text, std::string file_name) {
  LinedJson json;
  json.file_name_ = std::move(file_name);
  if (const auto parsed = json.document_.parse(text); !parsed) {
    std::string message = parsed.error().message;
    const auto line = line_of_error(text, message);
    // The line stands in front already.
    if (const auto place = message.find("parse error at line "); place != std::string::npos) {
      const auto colon = message.find(": ", place);
      if (colon != std::string::npos) message.erase(place, colon + 2 - place);
    }
    return invalid(json.file_name_, json.file_name_ + ":" + std::to_string(line) + ": " + message);
  }
  json.lines_ = std::move(LineScan(text).lines);
  return json;
}

std::uint32_t LinedJson::line_of(const JsonValue& value) const {
  const auto index = static_cast<std::size_t>(&value - &document_.root());
  return index < lines_.size() ? lines_[index] : 1;
}

const JsonValue& LinedJson::at(std::string_view path) const {
  const JsonValue* value = &root();
  while (!path.empty()) {
    const JsonValue* const next = step_into(*value, path);
    if (next == nullptr) break;
    value = next;
  }
  return *value;
}

void LinedJson::complain(const JsonValue& value, const std::string& path, const std::string& what) {
  const auto line = line_of(value);
  problems_.push_back({line, path,
                       file_name_ + ":" + std::to_string(line) + ": " +
                           (path.empty() ? std::string() : path + ": ") + what});
}

Error LinedJson::error() const {
  std::vector<const Problem*> sorted;
  sorted.reserve(problems_.size());
  for (const auto& problem : problems_) sorted.push_back(&problem);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* left, const auto* right) { return left->line < right->line; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMostProblems); ++i) {
    if (i > 0) text += '\n';
    text += sorted[i]->text;
  }
  if (sorted.size() > kMostProblems) {
    text += "\n… and " + std::to_string(sorted.size() - kMostProblems) + " more";
  }
  return invalid(sorted.empty() ? std::string() : sorted.front()->path, std::move(text));
}

LinedObject::LinedObject(LinedJson& json, const JsonValue& value, std::string path)
    : json_(json), value_(value), path_(std::move(path)) {
  if (!valid()) json_.complain(value_, path_, "must be an object: { … }");
}

std::string LinedObject::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const JsonValue* LinedObject::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  return member_of(value_, key);
}

const JsonValue* LinedObject::require(std::string_view key, const std::string& example) {
  const JsonValue* const value = find(key);
  if (value == nullptr && valid()) {
    json_.complain(value_, path_of(key), "is missing: write " + example);
  }
  return value;
}

const JsonValue* LinedObject::array(std::string_view key, std::size_t most) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is(JsonType::kArray)) {
    complain(key, "must be an array: [ … ]");
    return nullptr;
  }
  if (value->size > most) {
    complain(key, "has " + grouped_text(value->size) + " elements (at most " + grouped_text(most) +
                      "): leave some out");
    return nullptr;
  }
  return value;
}

std::optional<std::string> LinedObject::text(std::string_view key, std::size_t most) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is(JsonType::kString) || value->text.empty() || value->text.size() > most) {
    complain(key, "must be a text of 1 to " + grouped_text(most) + " bytes");
    return std::nullopt;
  }
  return std::string(value->text);
}

std::optional<bool> LinedObject::boolean(std::string_view key) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is(JsonType::kBoolean)) {
    complain(key, "must be true or false");
    return std::nullopt;
  }
  return value->truth;
}

std::optional<double> LinedObject::number(std::string_view key, double least, double most) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const bool numeric = value->is(JsonType::kInteger) || value->is(JsonType::kDecimal);
  const auto number = numeric ? split_quantity(value->text) : std::nullopt;
  if (!number || number->value < least || number->value > most) {
    complain(key, "must be a number from " + number_text(least) + " to " + number_text(most) +
                      (value->is(JsonType::kString) ? ", without quotes" : ""));
    return std::nullopt;
  }
  return number->value;
}

std::optional<std::uint64_t> LinedObject::whole(std::string_view key, std::uint64_t least,
                                                std::uint64_t most) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  std::optional<std::uint64_t> number;
  if (value->is(JsonType::kString)) number = parse_whole(value->text);
  if (value->is(JsonType::kInteger)) {
    std::uint64_t exact = 0;
    const char* const end = value->text.data() + value->text.size();
    const auto [stop, error] = std::from_chars(value->text.data(), end, exact);
    if (error == std::errc() && stop == end) number = exact;
  }
  if (!number || *number < least || *number > most) {
    complain(key, "must be a whole number from " + grouped_text(least) + " to " +
                      grouped_text(most) + ", as 20000 or \"300k\"");
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::microseconds> LinedObject::time(std::string_view key,
                                                           std::chrono::microseconds least,
                                                           std::chrono::microseconds most) {
  const JsonValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto time = value->is(JsonType::kString) ? parse_time(value->text) : std::nullopt;
  if (!time || *time < least || *time > most) {
    complain(key, "must be a time from " + time_text(least) + " to " + time_text(most) +
                      R"(, as "250ms", "10s" or "5m")" +
                      (value->is(JsonType::kString) ? ", not " + shown(value->text) : ""));
    return std::nullopt;
  }
  return time;
}

void LinedObject::complain(std::string_view key, const std::string& what) {
  const JsonValue* const value = find(key);
  json_.complain(value == nullptr ? value_ : *value, path_of(key), what);
}

void LinedObject::finish() {
  if (!valid()) return;
  for (const auto& member : value_) {
    if (std::find(asked_.begin(), asked_.end(), member.key) != asked_.end()) continue;
    json_.complain(
        member, path_,
        "there is no member " + shown(member.key) + " here: " + did_you_mean(member.key, asked_));
  }
}

}  // namespace cqrs
