#include "services/chassis/log.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <array>
#include <atomic>
#include <unistd.h>

namespace cqrs::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};
constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

bool parse_level(std::string_view text, Level& out) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != text) continue;
    out = static_cast<Level>(i);
    return true;
  }
  return false;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string line;
  JsonObject object(line);
  object.text("time", to_string(SystemClock().now()));
  object.text("level", kNames.at(static_cast<std::size_t>(level))).text("event", event);
  for (const auto& [name, value] : fields) object.text(name, value);
  object.close();
  line += '\n';
  // A log that cannot be written must not stop the service.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace cqrs::log
