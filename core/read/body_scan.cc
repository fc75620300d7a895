#include "core/read/body_scan.h"

#include <charconv>
#include <cstddef>

namespace cqrs {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Where the string that begins at `from` ends, behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t from) {
  for (std::size_t at = from + 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return kNone;
}

std::size_t end_of_nested(std::string_view text, std::size_t from) {
  std::size_t depth = 0;
  for (std::size_t at = from; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == kNone) return kNone;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return kNone;
}

// Where the value at the beginning of `text` ends.
std::size_t end_of_value(std::string_view text) {
  if (text.empty()) return kNone;
  if (text.front() == '"') return end_of_string(text, 0);
  if (text.front() == '{' || text.front() == '[') return end_of_nested(text, 0);
  std::size_t end = 0;
  while (end < text.size() && text[end] != ',' && text[end] != '}' && text[end] != ']') ++end;
  return end == 0 || end == text.size() ? kNone : end;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

// `inner` stands between the quotes. Our writer escapes control characters only, so a surrogate
// never comes as \u.
std::optional<std::string> unescape(std::string_view inner) {
  std::string out;
  out.reserve(inner.size());
  for (;;) {
    const auto slash = inner.find('\\');
    out += inner.substr(0, slash);
    if (slash == kNone) return out;
    inner.remove_prefix(slash + 1);
    if (inner.empty()) return std::nullopt;
    const char escape = inner.front();
    inner.remove_prefix(1);
    if (escape == 'u') {
      unsigned code = 0;
      if (inner.size() < 4) return std::nullopt;
      const auto [end, error] = std::from_chars(inner.data(), inner.data() + 4, code, 16);
      if (error != std::errc() || end != inner.data() + 4) return std::nullopt;
      append_utf8(out, code);
      inner.remove_prefix(4);
      continue;
    }
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
    const auto at = kLetters.find(escape);
    if (at == kNone) return std::nullopt;
    out += kMeaning[at];
  }
}

}  // namespace

BodyScan::BodyScan(std::string_view object) : rest_(object) {
  broken_ = rest_.empty() || rest_.front() != '{';
  if (!broken_) rest_.remove_prefix(1);
}

bool BodyScan::stop() {
  broken_ = true;
  return false;
}

bool BodyScan::next() {
  if (broken_) return false;
  if (rest_.empty()) return stop();
  if (rest_.front() == '}') return false;
  if (!first_) {
    if (rest_.front() != ',') return stop();
    rest_.remove_prefix(1);
  }
  first_ = false;
  if (rest_.empty() || rest_.front() != '"') return stop();
  const auto key_end = end_of_string(rest_, 0);
  if (key_end == kNone || key_end >= rest_.size() || rest_[key_end] != ':') return stop();
  key_ = rest_.substr(1, key_end - 2);
  rest_.remove_prefix(key_end + 1);
  const auto end = end_of_value(rest_);
  if (end == kNone) return stop();
  raw_ = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

std::optional<std::string> BodyScan::text() const {
  if (raw_.size() < 2 || raw_.front() != '"') return std::nullopt;
  return unescape(raw_.substr(1, raw_.size() - 2));
}

ArrayScan::ArrayScan(std::string_view text) : rest_(text) {
  broken_ = rest_.empty() || rest_.front() != '[';
  if (!broken_) rest_.remove_prefix(1);
}

bool ArrayScan::next() {
  if (broken_) return false;
  if (!rest_.empty() && rest_.front() == ']') return false;
  if (!first_ && !rest_.empty()) {
    broken_ = rest_.front() != ',';
    rest_.remove_prefix(1);
  }
  first_ = false;
  const auto end = end_of_value(rest_);
  broken_ = broken_ || end == kNone;
  if (broken_) return false;
  raw_ = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

}  // namespace cqrs
