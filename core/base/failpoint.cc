#include "core/base/failpoint.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <thread>
#include <unistd.h>

namespace cqrs::failpoint {

std::atomic<bool> any_armed{false};

namespace {

enum class Action : std::uint8_t { kKill, kError, kDelay };

constexpr std::uint64_t kLongestDelayMs = 60'000;

// What is armed. Written once, before there are threads.
struct Armed {
  std::string text;
  std::size_t index = kPoints.size();
  std::uint64_t occurrence = 1;
  Action action = Action::kKill;
  std::chrono::milliseconds delay{0};
};

Armed& state() {
  static Armed armed;
  return armed;
}

std::atomic<std::uint64_t> hits{0};

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string known_names() {
  std::string names;
  for (const auto& point : kPoints) names += (names.empty() ? "" : ", ") + std::string(point.name);
  return names;
}

Error refused(const std::string& what) { return invalid(kVariable, std::string(kVariable) + what); }

Status set_action(std::string_view text, Armed& armed) {
  constexpr std::string_view kDelay = "delay=";
  if (text == "kill") return {};
  if (text == "error" && kPoints[armed.index].can_fail) {
    armed.action = Action::kError;
    return {};
  }
  if (text == "error") {
    return refused(" " + std::string(kPoints[armed.index].name) +
                   " has no error to return: use kill or delay=50ms");
  }
  if (text.starts_with(kDelay) && text.ends_with("ms")) {
    const auto number = whole_number(text.substr(kDelay.size(), text.size() - kDelay.size() - 2));
    if (number && *number <= kLongestDelayMs) {
      armed.action = Action::kDelay;
      armed.delay = std::chrono::milliseconds(*number);
      return {};
    }
  }
  return refused(" knows no action \"" + std::string(text) +
                 "\" (delays are at most 60000ms): use kill, error or delay=50ms");
}

}  // namespace

Status arm(std::string_view text) {
  if (text.empty()) return {};
  Armed armed;
  const auto comma = text.find(',');
  const auto place = text.substr(0, comma);
  const auto colon = place.find(':');
  const auto name = place.substr(0, colon);
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    if (kPoints[i].name == name) armed.index = i;
  }
  if (armed.index == kPoints.size()) {
    return refused(" names no failpoint \"" + std::string(name) + "\": there are " + known_names());
  }
  if (colon != std::string_view::npos) {
    const auto number = whole_number(place.substr(colon + 1));
    if (!number || *number == 0) {
      return refused(" has no occurrence in \"" + std::string(place) +
                     "\": after the colon stands a number from 1");
    }
    armed.occurrence = *number;
  }
  if (comma != std::string_view::npos) CQRS_TRY(set_action(text.substr(comma + 1), armed));
  armed.text = text;
  state() = armed;
  any_armed.store(true);
  return {};
}

const std::string& armed_as() { return state().text; }

bool hit(std::size_t index) {
  const Armed& armed = state();
  if (index != armed.index) return false;
  const auto count = hits.fetch_add(1) + 1;
  switch (armed.action) {
    case Action::kKill:
      if (count != armed.occurrence) return false;
      ::kill(::getpid(), SIGKILL);
      std::abort();  // not reached: nobody outlives that signal
    case Action::kError:
      return count == armed.occurrence;
    case Action::kDelay:
      if (count >= armed.occurrence) std::this_thread::sleep_for(armed.delay);
      return false;
  }
  return false;
}

Error injected_error(std::size_t index, ErrorCode code) {
  return make_error(code, "injected at the failpoint " + std::string(kPoints[index].name) +
                              ": start without " + kVariable);
}

}  // namespace cqrs::failpoint
