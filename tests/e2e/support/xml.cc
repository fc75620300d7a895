#include "tests/e2e/support/xml.h"

#include <array>
#include <cctype>
#include <vector>

namespace cqrs::e2e {
namespace {

std::string problem(const char* what, std::size_t at) {
  return std::string(what) + " at byte " + std::to_string(at);
}

bool entities_are_whole(std::string_view text) {
  constexpr std::array<std::string_view, 5> kKnown{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
  for (std::size_t at = 0; (at = text.find('&', at)) != std::string_view::npos; ++at) {
    bool known = text.substr(at).starts_with("&#");
    for (const auto name : kKnown) known = known || text.substr(at).starts_with(name);
    if (!known) return false;
  }
  return true;
}

// ` name="value"` repeated; nothing else.
bool attributes_are_whole(std::string_view text) {
  for (;;) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
      text.remove_prefix(1);
    }
    if (text.empty()) return true;
    const auto equals = text.find("=\"");
    if (equals == 0 || equals == std::string_view::npos) return false;
    if (text.substr(0, equals).find_first_of(" \"<&") != std::string_view::npos) return false;
    const auto close = text.find('"', equals + 2);
    if (close == std::string_view::npos) return false;
    if (text.substr(0, close).find('<') != std::string_view::npos) return false;
    text.remove_prefix(close + 1);
  }
}

// Follows one tag, without its brackets; gives what is wrong with it.
class Nesting {
 public:
  const char* pass(std::string_view tag) {
    if (tag.starts_with('/')) {
      if (open_.empty() || open_.back() != tag.substr(1)) return "a wrong end tag";
      open_.pop_back();
      return nullptr;
    }
    const bool leaf = tag.ends_with('/');
    if (leaf) tag.remove_suffix(1);
    const auto name = tag.substr(0, tag.find(' '));
    if (!attributes_are_whole(tag.substr(name.size()))) return "bad attributes";
    if (open_.empty()) ++roots_;
    if (!leaf) open_.push_back(name);
    return nullptr;
  }
  [[nodiscard]] bool complete() const { return open_.empty() && roots_ == 1; }

 private:
  std::vector<std::string_view> open_;
  std::size_t roots_ = 0;
};

}  // namespace

std::string xml_problem(std::string_view text) {
  if (!text.starts_with("<?xml ")) return "no XML declaration";
  if (!entities_are_whole(text)) return "a bare &";
  Nesting nesting;
  std::size_t at = text.find("?>") + 2;
  while ((at = text.find('<', at)) != std::string_view::npos) {
    const auto end = text.find('>', at);
    if (end == std::string_view::npos) return problem("a tag without an end", at);
    if (const char* wrong = nesting.pass(text.substr(at + 1, end - at - 1))) {
      return problem(wrong, at);
    }
    at = end + 1;
  }
  return nesting.complete() ? "" : "an element without an end, or not exactly one root";
}

}  // namespace cqrs::e2e
