#include "cli/load/exchange_codec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace cqrs::load {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kText = 2;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
  out += static_cast<char>(value);
}
void append_number(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_varint(out, field << 3U | kVarint);
  append_varint(out, value);
}
void append_text(std::string& out, std::uint32_t field, std::string_view text) {
  if (text.empty()) return;
  append_varint(out, field << 3U | kText);
  append_varint(out, text.size());
  out += text;
}

// Reads the fields of one message from the front. What it does not know it passes over.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool next() {
    if (rest_.empty() || broken_) return false;
    const std::uint64_t key = varint();
    field = static_cast<std::uint32_t>(key >> 3U);
    text = {};
    number = 0;
    switch (key & 7U) {
      case kVarint:
        number = varint();
        break;
      case 1:
        skip(8);
        break;
      case kText:
        text = skip(varint());
        break;
      case 5:
        skip(4);
        break;
      default:
        broken_ = true;
    }
    return !broken_;
  }
  [[nodiscard]] bool broken() const { return broken_; }

  std::uint32_t field = 0;
  std::uint64_t number = 0;
  std::string_view text;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 128) return value;
    }
    broken_ = true;
    return 0;
  }
  std::string_view skip(std::uint64_t size) {
    if (size > rest_.size()) {
      broken_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool broken_ = false;
};

bool same(std::string_view name, std::string_view lower) {
  return name.size() == lower.size() &&
         std::equal(name.begin(), name.end(), lower.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

std::uint64_t method_number(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
  const auto* const found = std::find(kMethods.begin(), kMethods.end(), method);
  return found == kMethods.end() ? 0 : static_cast<std::uint64_t>(found - kMethods.begin()) + 1;
}

int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const int lower = std::tolower(static_cast<unsigned char>(digit));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decoded(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool code =
        path[i] == '%' && i + 2 < path.size() && hex(path[i + 1]) >= 0 && hex(path[i + 2]) >= 0;
    out += code ? static_cast<char>(16 * hex(path[i + 1]) + hex(path[i + 2])) : path[i];
    if (code) i += 2;
  }
  return out;
}

// The Call's field that a header goes into; 0: none.
std::uint32_t field_of(std::string_view header) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kFields = {
      {{"content-type", 6},
       {"idempotency-key", 7},
       {"if-match", 8},
       {"if-none-match", 9},
       {"traceparent", 10},
       {"x-request-id", 11}}};
  for (const auto& [name, field] : kFields) {
    if (same(header, name)) return field;
  }
  return 0;
}

void append_headers(std::string& call, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::uint32_t field = field_of(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (field != 0) append_text(call, field, value);
  }
}

bool read_header(std::string_view bytes, ExchangeAnswer& answer) {
  Fields fields(bytes);
  std::string_view name;
  std::string_view value;
  while (fields.next()) (fields.field == 1 ? name : value) = fields.text;
  if (same(name, "etag")) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    answer.etag = quoted ? value.substr(1, value.size() - 2) : value;
  } else if (same(name, "idempotent-replayed")) {
    answer.replayed = same(value, "true");
  }
  return !fields.broken();
}

bool read_answer(std::string_view bytes, ExchangeAnswer& answer) {
  Fields fields(bytes);
  while (fields.next()) {
    if (fields.field == 1) answer.id = fields.number;
    if (fields.field == 2) answer.status = static_cast<int>(fields.number);
    if (fields.field == 3) answer.content_type = fields.text;
    if (fields.field == 4) answer.body = fields.text;
    if (fields.field == 5 && !read_header(fields.text, answer)) return false;
  }
  return !fields.broken();
}

}  // namespace

bool append_call(std::string& batch, std::uint64_t id, std::string_view http,
                 std::uint32_t deadline_ms) {
  const std::size_t line_end = http.find("\r\n");
  const std::size_t head_end = http.find("\r\n\r\n");
  if (line_end == std::string_view::npos || head_end == std::string_view::npos) return false;
  const std::string_view line = http.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) return false;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string call;
  append_number(call, 1, id);
  append_number(call, 2, method_number(line.substr(0, first)));
  append_text(call, 3, decoded(target.substr(0, question)));
  append_text(call, 4, target.substr(std::min(question + 1, target.size())));
  append_text(call, 5, http.substr(head_end + 4));
  if (line_end < head_end) {
    append_headers(call, http.substr(line_end + 2, head_end - line_end - 2));
  }
  append_number(call, 12, 1);  // we are a local client
  append_number(call, 13, deadline_ms);
  append_text(batch, 1, call);
  return true;
}

bool read_answers(std::string_view batch,
                  const std::function<void(const ExchangeAnswer&)>& on_answer, ServerState& state) {
  Fields fields(batch);
  while (fields.next()) {
    if (fields.field == 2 && fields.number <= 3) state = static_cast<ServerState>(fields.number);
    if (fields.field != 1) continue;
    ExchangeAnswer answer;
    if (!read_answer(fields.text, answer)) return false;
    on_answer(answer);
  }
  return !fields.broken();
}

}  // namespace cqrs::load
