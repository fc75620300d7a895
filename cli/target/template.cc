#include "cli/target/template.h"

#include <algorithm>
#include <cstdlib>

namespace cqrs::target {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kNumber = "|number";
constexpr std::string_view kEach = "{{each item}}";

bool is_number(std::string_view text) {
  JsonDocument document;
  if (!document.parse(text)) return false;
  return document.root().is(JsonType::kInteger) || document.root().is(JsonType::kDecimal);
}

void append_escaped(std::string& out, std::string_view text, Escape escape) {
  if (escape == Escape::kPlain) {
    out += text;
    return;
  }
  if (escape == Escape::kJson) {
    std::string quoted;
    append_json_string(quoted, text);
    out.append(quoted, 1, quoted.size() - 2);
    return;
  }
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
}

}  // namespace

struct Template::Compiler {
  Template& out;
  const std::string& field;

  void text(std::string_view more) {
    if (more.empty()) return;
    if (out.pieces_.empty() || out.pieces_.back().type != Type::kText) {
      out.pieces_.push_back({Type::kText, {}});
    }
    out.pieces_.back().text += more;
  }

  // A text with variables; literal parts are escaped for JSON only, paths are written by people.
  Status mixed(std::string_view source) {
    while (!source.empty()) {
      const auto open = source.find(kOpen);
      std::string literal;
      append_escaped(literal, source.substr(0, open),
                     out.escape_ == Escape::kJson ? Escape::kJson : Escape::kPlain);
      text(literal);
      if (open == std::string_view::npos) return {};
      const auto close = source.find(kClose, open);
      if (close == std::string_view::npos) {
        return invalid(field, field + ": {{ without }}: write {{name}}");
      }
      const auto name = source.substr(open + 2, close - open - 2);
      if (name.empty() || name.find_first_of(" {|") != std::string_view::npos) {
        return invalid(field, field + ": {{" + std::string(name) +
                                  "}} is not a variable: write {{name}}; |number is for a string "
                                  "of a JSON body that is nothing but the variable");
      }
      out.pieces_.push_back({Type::kVariable, std::string(name)});
      source.remove_prefix(close + 2);
    }
    return {};
  }

  Status string(std::string_view source) {
    const bool whole = source.starts_with(kOpen) && source.ends_with(kClose) &&
                       source.find(kClose) == source.size() - 2;
    const auto inner = whole ? source.substr(2, source.size() - 4) : std::string_view();
    if (whole && inner.ends_with(kNumber)) {
      out.pieces_.push_back(
          {Type::kNumber, std::string(inner.substr(0, inner.size() - kNumber.size()))});
      return {};
    }
    text("\"");
    CQRS_TRY(mixed(source));
    text("\"");
    return {};
  }

  Status array(const JsonValue& value) {
    text("[");
    const bool one = value.size == 1 && value.begin()->is(JsonType::kObject) &&
                     value.begin()->size == 1 && value.begin()->begin()->key == kEach;
    if (one) {
      out.pieces_.push_back({Type::kEach, {}});
      CQRS_TRY(this->value(*value.begin()->begin()));
      out.pieces_.push_back({Type::kEnd, {}});
    } else {
      bool first = true;
      for (const auto& element : value) {
        if (!first) text(",");
        first = false;
        CQRS_TRY(this->value(element));
      }
    }
    text("]");
    return {};
  }

  Status object(const JsonValue& value) {
    text("{");
    bool first = true;
    for (const auto& member : value) {
      std::string key(first ? "" : ",");
      append_json_string(key, member.key);
      text(key + ":");
      first = false;
      CQRS_TRY(this->value(member));
    }
    text("}");
    return {};
  }

  Status value(const JsonValue& value) {
    if (value.is(JsonType::kString)) return string(value.text);
    if (value.is(JsonType::kArray)) return array(value);
    if (value.is(JsonType::kObject)) return object(value);
    std::string plain;
    append_json(plain, value);
    text(plain);
    return {};
  }
};

Result<Template> Template::of_text(std::string_view text, Escape escape, const std::string& field) {
  Template made;
  made.escape_ = escape;
  CQRS_TRY((Compiler{made, field}.mixed(text)));
  return made;
}

Result<Template> Template::of_json(const JsonValue& value, const std::string& field) {
  Template made;
  made.escape_ = Escape::kJson;
  CQRS_TRY((Compiler{made, field}.value(value)));
  return made;
}

bool Template::fill_variable(std::string& out, const Values& values, const Piece& piece,
                             const std::size_t* item) const {
  std::string value;
  const bool of_item = item != nullptr && piece.text.starts_with("item.");
  const bool there =
      of_item ? values.append_item(value, *item, piece.text) : values.append(value, piece.text);
  if (!there) return false;
  if (piece.type == Type::kNumber) {
    if (!is_number(value)) return false;
    out += value;
    return true;
  }
  if (escape_ == Escape::kPlain && value.find_first_of("\r\n") != std::string::npos) return false;
  append_escaped(out, value, escape_);
  return true;
}

bool Template::fill_range(std::string& out, const Values& values, std::size_t begin,
                          std::size_t end, const std::size_t* item) const {
  for (std::size_t at = begin; at < end; ++at) {
    const Piece& piece = pieces_[at];
    if (piece.type == Type::kText) {
      out += piece.text;
    } else if (piece.type == Type::kEach) {
      std::size_t close = at + 1;
      while (pieces_[close].type != Type::kEnd) ++close;
      for (std::size_t number = 0; number < values.items(); ++number) {
        if (number > 0) out += ',';
        if (!fill_range(out, values, at + 1, close, &number)) return false;
      }
      at = close;
    } else if (!fill_variable(out, values, piece, item)) {
      return false;
    }
  }
  return true;
}

bool Template::fill(std::string& out, const Values& values) const {
  return fill_range(out, values, 0, pieces_.size(), nullptr);
}

std::string Template::missing(const Values& values) const {
  std::string ignored;
  const std::size_t first = 0;
  for (const auto& piece : pieces_) {
    if (piece.type != Type::kVariable && piece.type != Type::kNumber) continue;
    if (!fill_variable(ignored, values, piece, &first)) return piece.text;
  }
  return {};
}

std::vector<std::string> Template::variables() const {
  std::vector<std::string> names;
  for (const auto& piece : pieces_) {
    if (piece.type != Type::kVariable && piece.type != Type::kNumber) continue;
    if (std::find(names.begin(), names.end(), piece.text) == names.end()) {
      names.push_back(piece.text);
    }
  }
  return names;
}

Result<std::string> expand_environment(std::string_view text, const std::string& field,
                                       std::vector<std::string>& secrets) {
  constexpr std::string_view kBegin = "${ENV:";
  std::string out;
  for (auto at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin)) {
    out += text.substr(0, at);
    const auto close = text.find('}', at);
    if (close == std::string_view::npos) {
      return invalid(field, field + ": ${ENV: without }: write ${ENV:NAME}");
    }
    std::string name(text.substr(at + kBegin.size(), close - at - kBegin.size()));
    text.remove_prefix(close + 1);
    const auto dash = name.find(":-");
    const bool has_default = dash != std::string::npos;
    const std::string standard = has_default ? name.substr(dash + 2) : std::string();
    if (has_default) name.resize(dash);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr && !has_default) {
      return invalid(field, field + ": the environment has no " + name + ": export " + name +
                                "=… before, or write ${ENV:" + name + ":-default}");
    }
    if (value != nullptr && *value != '\0') secrets.emplace_back(value);
    out += value != nullptr ? std::string(value) : standard;
  }
  out += text;
  return out;
}

}  // namespace cqrs::target
