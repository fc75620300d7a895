// JSON lines on standard error: one object per line with time, level and event name. Never a body,
// a header or a secret: callers pass the fields they mean.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cqrs::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

// Lines below this level are dropped; the default is info. Thread-safe.
void set_level(Level level);
[[nodiscard]] bool parse_level(std::string_view text, Level& out);

using Field = std::pair<std::string_view, std::string>;
// Thread-safe; a line is written in one piece.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace cqrs::log
