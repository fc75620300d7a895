#include "core/adapters/redis/words.h"

#include <cstdint>

namespace cqrs::redis {
namespace {

// The plain letter of U+00C0 to U+017F, a block of 64 a line; '.' keeps the letter as it is.
constexpr std::string_view kPlain =
    "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
    "aaaaaaccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.llllll."
    "...nnnnnn...oooooo..rrrrrrsssssssstttt..uuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kPlain.size() == 0x180 - 0xC0);

struct CodePoint {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

// What is no UTF-8 counts byte by byte, as letters of no language.
CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const std::uint32_t first = byte(at);
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  CodePoint point{first & (0x3FU >> more), 1 + more};
  if (more == 0) return {first, 1};
  for (std::size_t i = 1; i <= more; ++i) {
    const std::uint32_t next = byte(at + i);
    if ((next & 0xC0U) != 0x80U) return {0xFFFD, 1};
    point.code = point.code << 6U | (next & 0x3FU);
  }
  return point;
}

bool is_symbol(std::uint32_t code) {
  return (code >= 0x80 && code < 0xC0) || code == 0xD7 || code == 0xF7 ||
         (code >= 0x2000 && code < 0x2C00) || (code >= 0x3000 && code < 0x3005) || code >= 0x1F000;
}

// Marks that stand behind the letter they belong to.
bool is_mark(std::uint32_t code) { return code >= 0x300 && code < 0x370; }

// Greek and Cyrillic capitals to small ones; others are left alone.
std::uint32_t lower_case(std::uint32_t code) {
  if ((code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F)) return code + 32;
  return code >= 0x400 && code <= 0x40F ? code + 80 : code;
}

void append_two_bytes(std::string& word, std::uint32_t code) {
  word += static_cast<char>(0xC0U | code >> 6U);
  word += static_cast<char>(0x80U | (code & 0x3FU));
}

bool is_ascii_part(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool separates(std::string_view letter, std::uint32_t code) {
  return code < 0x80 ? !is_ascii_part(letter.front()) : is_symbol(code);
}

void add_letter(std::string& word, std::string_view letter, std::uint32_t code) {
  if (code < 0x80) {
    const char c = letter.front();
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  } else if (is_mark(code)) {
    return;
  } else if (code >= 0xC0 && code < 0x180 && kPlain[code - 0xC0] != '.') {
    word += kPlain[code - 0xC0];
  } else if (code >= 0x370 && code < 0x430) {
    append_two_bytes(word, lower_case(code));
  } else {
    word += letter;
  }
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = code_point_at(text, at);
    const auto letter = text.substr(at, bytes);
    if (separates(letter, code)) {
      finish();
    } else {
      add_letter(word, letter, code);
    }
    at += bytes;
  }
  finish();
  return words;
}

}  // namespace cqrs::redis
