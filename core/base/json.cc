#include "core/base/json.h"

#include <set>
#include <vector>

namespace cqrs {
namespace {

// Builds a tree from parser events; the reason for a refusal is kept in `problem`.
class StrictBuilder final : public nlohmann::json_sax<Json> {
 public:
  Json root;
  std::string problem;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return add(Json::binary({text.begin(), text.end()}));
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) {
      problem = "duplicate key \"" + name.substr(0, 64) + "\"";
      return false;
    }
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return shut(); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_array() override { return shut(); }
  bool parse_error(std::size_t at, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // nlohmann's text repeats its own error number; what follows the last ": " is the reason.
    const std::string text = error.what();
    // An out-of-range float (1e400) is reported here as well: keep its name for the reader.
    problem = text.substr(text.rfind("] ") == std::string::npos ? 0 : text.rfind("] ") + 2);
    if (problem.size() > 200) problem.resize(200);
    problem += " (byte " + std::to_string(at) + ")";
    return false;
  }

 private:
  template <class V>
  Json* place(V&& value) {
    if (open_.empty()) {
      root = std::forward<V>(value);
      return &root;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::forward<V>(value));
      return &parent.back();
    }
    Json& slot = parent[key_];
    slot = std::forward<V>(value);
    return &slot;
  }
  template <class V>
  bool add(V&& value) {
    place(std::forward<V>(value));
    return true;
  }
  bool open(Json container) {
    if (open_.size() >= kMaxJsonDepth) {
      problem = "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
      return false;
    }
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool shut() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*> open_;
  std::string key_;
};

constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  // The parser takes a NUL for the end of its input and would never look at what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return make_error(ErrorCode::kInvalid,
                      "malformed JSON: NUL character (byte " + std::to_string(nul + 1) + ")");
  }
  StrictBuilder builder;
  if (Json::sax_parse(text, &builder)) return std::move(builder.root);
  if (builder.problem.empty()) builder.problem = "not valid JSON";
  // The parser quotes what it read, which may hold bytes that are not UTF-8: keep the message
  // clean.
  std::string clean;
  for (const char c : builder.problem) {
    clean += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E ? '?' : c;
  }
  return make_error(ErrorCode::kInvalid, "malformed JSON: " + clean);
}

std::optional<std::string> number_text(const Json& value) {
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    return std::string(bytes.begin(), bytes.end());
  }
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

Json restore_numbers(Json value) {
  if (value.is_binary()) return Json::parse(*number_text(value));
  if (value.is_structured()) {
    for (auto& item : value) item = restore_numbers(std::move(item));
  }
  return value;
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
