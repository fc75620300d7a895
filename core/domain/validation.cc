#include "core/domain/validation.h"

#include <algorithm>

namespace cqrs {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_graphic_ascii(char c) { return c > 0x20 && c < 0x7F; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

Error bad(std::string_view field, const std::string& what) {
  return invalid(std::string(field), std::string(field) + " " + what);
}

}  // namespace

Status check_text(std::string_view field, std::string_view text, std::size_t min, std::size_t max,
                  bool multiline) {
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (control && !(multiline && (c == '\n' || c == '\r' || c == '\t'))) {
      return bad(field, "contains a control character: remove it");
    }
  }
  const std::size_t length = characters(text);
  if (length < min) {
    return bad(field, min == 1 ? std::string("must not be empty")
                               : "is shorter than " + std::to_string(min) + " characters");
  }
  if (length > max) {
    return bad(field, "is longer than " + std::to_string(max) + " characters (" +
                          std::to_string(length) + ")");
  }
  return {};
}

Status check_email(std::string_view text) {
  const auto at = text.find('@');
  const auto domain = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  const auto dot = domain.find('.');
  const bool well_formed = at != std::string_view::npos && at > 0 && at <= 64 &&
                           domain.find('@') == std::string_view::npos &&
                           dot != std::string_view::npos && dot > 0 && domain.back() != '.' &&
                           std::all_of(text.begin(), text.end(), is_graphic_ascii);
  if (text.size() > limits::kEmailMax) {
    return bad("email", "is longer than " + std::to_string(limits::kEmailMax) + " characters");
  }
  if (!well_formed) return bad("email", "must be an address like ada@example.com");
  return {};
}

Status check_nickname(std::string_view text) {
  const bool fits = text.size() >= limits::kNicknameMin && text.size() <= limits::kNicknameMax &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return is_alnum(c) || c == '_' || c == '.' || c == '-';
                    });
  if (!fits) return bad("nickname", "must be 3 to 40 of the characters a-z A-Z 0-9 _ . -");
  return {};
}

Status check_phone(std::string_view text) {
  const bool fits =
      text.size() >= 8 && text.size() <= 16 && text.front() == '+' &&
      std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!fits) return bad("phone", "must be an E.164 number like +4930123456 (7 to 15 digits)");
  return {};
}

Status check_avatar(std::string_view text) {
  const bool web = text.rfind("https://", 0) == 0 || text.rfind("http://", 0) == 0;
  if (!web || !std::all_of(text.begin(), text.end(), is_graphic_ascii)) {
    return bad("avatar", "must be an http or https URL");
  }
  if (text.size() > limits::kAvatarMax) {
    return bad("avatar", "is longer than " + std::to_string(limits::kAvatarMax) + " characters");
  }
  return {};
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace cqrs
