#include "core/adapters/kafka/place.h"

#include "core/adapters/kafka/log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

// The text is "1:", the smallest watermark, ":" and per partition its offset, "+" how much larger
// its watermark is and "~" how far its last position is from its watermark. What is 0 is left out,
// so that a reader at the end has a short cursor: it is stored with every checkpoint.
namespace cqrs::kafka {
namespace {

constexpr std::string_view kVersion = "1:";

[[nodiscard]] Error not_ours(const Cursor& cursor, const std::string& why) {
  return make_error(ErrorCode::kCorrupt,
                    "cursor \"" + cursor.text + "\" is not of these topics: " + why);
}

void append(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// Cuts a number off the front.
[[nodiscard]] bool take(std::string_view& text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

[[nodiscard]] bool take(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

[[nodiscard]] bool take(std::string_view& text, Position base, Place& place) {
  std::int64_t ahead = 0;
  std::int64_t from_watermark = 0;
  if (!take(text, place.offset) || place.offset < 0) return false;
  if (take(text, '+') && (!take(text, ahead) || ahead < 0)) return false;
  if (take(text, '~') && !take(text, from_watermark)) return false;
  return !__builtin_add_overflow(base, ahead, &place.watermark) &&
         !__builtin_add_overflow(place.watermark, from_watermark, &place.last);
}

[[nodiscard]] bool parse(std::string_view text, Places& places) {
  Position base = 0;
  if (!text.starts_with(kVersion)) return false;
  text.remove_prefix(kVersion.size());
  if (!take(text, base) || base < 0 || !take(text, ':')) return false;
  do {
    Place place;
    if (!take(text, base, place)) return false;
    places.push_back(place);
  } while (take(text, ','));
  return text.empty();
}

}  // namespace

Position complete_to(const Places& places) {
  return std::min_element(places.begin(), places.end(),
                          [](const Place& a, const Place& b) { return a.watermark < b.watermark; })
      ->watermark;
}

Cursor to_cursor(const Places& places) {
  const Position base = complete_to(places);
  Cursor cursor;
  auto& text = cursor.text;
  text.reserve(24 + places.size() * 12);
  text = kVersion;
  append(text, base);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    text += i == 0 ? ':' : ',';
    append(text, place.offset);
    if (place.watermark != base) {
      text += '+';
      append(text, place.watermark - base);
    }
    if (place.last != place.watermark) {
      text += '~';
      append(text, place.last - place.watermark);
    }
  }
  return cursor;
}

Result<Places> parse_cursor(const Cursor& cursor, int partitions) {
  const std::size_t wanted = kAllKinds.size() * static_cast<std::size_t>(partitions);
  if (cursor.text.empty()) return Places(wanted);
  Places places;
  if (!parse(cursor.text, places)) return not_ours(cursor, "it cannot be read");
  if (places.size() != wanted) {
    return not_ours(cursor, "it has " + std::to_string(places.size()) + " partitions, they have " +
                                std::to_string(wanted));
  }
  return places;
}

Result<Position> complete_to(const Cursor& cursor) {
  if (cursor.text.empty()) return Position{0};
  Places places;
  if (!parse(cursor.text, places)) return not_ours(cursor, "it cannot be read");
  return complete_to(places);
}

}  // namespace cqrs::kafka
