#include "core/read/words.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace cqrs {
namespace {

// The letters U+00C0 to U+017F without their diacritics; '-' for one that is a letter of its own
// and '+' for such a one in upper case, whose lower case is the next code point or 32 further on.
constexpr std::string_view kLatin =
    "aaaaaa+ceeeeiiii+nooooo.+uuuuy+-"
    "aaaaaa-ceeeeiiii-nooooo.-uuuuy-y"
    "aaaaaaccccccccdd+-eeeeeeeeeegggg"
    "gggghh+-iiiiiiiii-+-jjkk-llllll+"
    "-+-nnnnnn-+-oooooo+-rrrrrrssssss"
    "sstttt+-uuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin.size() == 0x180 - 0xC0);

constexpr std::uint32_t kNoUtf8 = 0;

struct Sequence {
  std::uint32_t code = kNoUtf8;
  std::size_t size = 1;
};

std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

std::size_t size_of(std::uint32_t first) {
  if (first >= 0xF0) return 4;
  return first >= 0xE0 ? 3 : 2;
}

// Whether a sequence of this size may stand for it: the shortest form, and no surrogate.
bool well_formed(std::uint32_t code, std::size_t size) {
  if (size == 3) return code >= 0x800 && (code < 0xD800 || code >= 0xE000);
  return size == 2 || (code >= 0x10000 && code <= 0x10FFFF);
}

// The code point at `at`, or kNoUtf8 for a byte that begins none.
Sequence sequence(std::string_view text, std::size_t at) {
  const std::uint32_t first = byte_at(text, at);
  if (first < 0x80) return {first, 1};
  if (first < 0xC2 || first > 0xF4) return {};
  const std::size_t size = size_of(first);
  std::uint32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint32_t next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80) return {};
    code = code << 6U | (next & 0x3FU);
  }
  return well_formed(code, size) ? Sequence{code, size} : Sequence{};
}

// Blanks, punctuation, symbols, controls, emoji.
bool parts_words(std::uint32_t code) {
  return code < 0xC0 || code == 0xD7 || code == 0xF7 || (code >= 0x2000 && code < 0x2C00) ||
         (code >= 0x3000 && code < 0x3005) || (code >= 0x3008 && code < 0x3021) ||
         (code >= 0xE000 && code < 0xF900) || (code >= 0xFE00 && code < 0xFE70) ||
         (code >= 0xFF00 && code < 0xFF10) || code == 0xFEFF || code >= 0x1F000;
}

bool is_mark(std::uint32_t code) { return code >= 0x300 && code < 0x370; }

std::uint32_t lower_of(std::uint32_t code) {
  const bool greek = code >= 0x391 && code <= 0x3A9 && code != 0x3A2;
  if (greek || (code >= 0x410 && code <= 0x42F)) return code + 32;
  if (code >= 0x400 && code <= 0x40F) return code + 80;
  return code;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

std::optional<std::uint32_t> ascii_letter(std::uint32_t code) {
  if (code >= 'A' && code <= 'Z') return code + 32;
  const bool part = (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9');
  return part ? std::optional(code) : std::nullopt;
}

std::uint32_t latin_letter(std::uint32_t code) {
  const char plain = kLatin[code - 0xC0];
  if (plain == '+') return code < 0x100 ? code + 32 : code + 1;
  return plain == '-' ? code : static_cast<std::uint32_t>(plain);
}

// The code point as it stands in words; nothing when it parts them.
std::optional<std::uint32_t> letter(std::uint32_t code) {
  if (code < 0x80) return ascii_letter(code);
  // The ordinal indicators and the micro sign are letters among the symbols.
  if (code == 0xAA || code == 0xB5 || code == 0xBA) return code;
  if (parts_words(code)) return std::nullopt;
  return code < 0x180 ? latin_letter(code) : lower_of(code);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, size] = sequence(text, at);
    at += size;
    // A mark belongs to the letter before it, which stands for both.
    if (is_mark(code)) continue;
    const auto part = letter(code);
    if (part && !inside) words.emplace_back();
    if (part) append_utf8(words.back(), *part);
    inside = part.has_value();
  }
  return words;
}

}  // namespace cqrs
