// Named places where a test makes the program die, fail or dawdle, so that recovery is tried at
// exactly that place. Not a switch for users: nothing is armed unless the program was started with
// the environment variable CQRS_FAILPOINT. How to add one: CONTRIBUTING.md.
#pragma once

#include "core/base/result.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

namespace cqrs::failpoint {

inline constexpr const char* kVariable = "CQRS_FAILPOINT";

struct Point {
  std::string_view name;
  bool
      can_fail;  // its call site is a CQRS_FAILPOINT_TRY, so that the action `error` does something
};

// The one list of all failpoints. A name that is not here does not compile at its call site, and is
// refused in the environment variable. Occurrences are counted per process.
inline constexpr std::array kPoints{
    // One occurrence per group of commands.
    Point{"command.before_lock", true},  // nothing of the group has reached write.db
    // Everything written, COMMIT not yet begun. Not on PostgreSQL, which gets both in one go.
    Point{"command.after_write", true},
    Point{"command.after_commit", false},  // durable, and nobody has been told
    // One per page of events that changed something, of any generation.
    Point{"projector.after_apply", true},    // rows and checkpoint written, COMMIT not yet begun
    Point{"projector.after_commit", false},  // committed, and no reader has been woken
    // One per switch of the live generation.
    Point{"switch.before_pointer", false},  // proven and level, the pointer still on the old one
    Point{"switch.after_pointer", false},   // the pointer moved, readers not yet
    Point{"switch.after_readers", false},   // readers moved too, the old one still stands still
    // In the client that writes a ledger.
    Point{"ledger.mid_block", true},      // half of a block's bytes written
    Point{"ledger.after_intent", false},  // an intent is durable, none of its commands was sent
    Point{"seed.after_answer", false},    // an answer arrived, the ledger does not know it yet
};

// Arms one failpoint for the rest of the process, given as NAME[:OCCURRENCE][,ACTION]; an empty
// text arms nothing. OCCURRENCE counts from 1, which is the default. ACTION is one of
//   kill          SIGKILL to this process (the default)
//   error         the call site returns an injected error, once
//   delay=50ms    sleeps so long at that occurrence and every later one; at most 60,000 ms
// Called once, at program start, before any other thread exists. Error: invalid (unknown name,
// with the list of those there are; bad occurrence or action).
[[nodiscard]] Status arm(std::string_view text);

// What arm() was given, empty when nothing is armed: to be logged at program start.
[[nodiscard]] const std::string& armed_as();

// Below: for the macros only.
extern std::atomic<bool> any_armed;

// Thread-safe. Kills or sleeps if it is this one's turn; true when the call site must fail.
[[nodiscard]] bool hit(std::size_t index);
[[nodiscard]] Error injected_error(std::size_t index, ErrorCode code);

// Not constant, and so no compile, when there is no such name.
consteval std::size_t index_of(std::string_view name, bool can_fail) {
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    if (kPoints[i].name == name && kPoints[i].can_fail == can_fail) return i;
  }
  throw "no such failpoint in kPoints, or not of this kind";
}

}  // namespace cqrs::failpoint

// A place to die or dawdle. One relaxed load when nothing is armed.
#define CQRS_FAILPOINT(name)                                                    \
  do {                                                                          \
    if (::cqrs::failpoint::any_armed.load(std::memory_order_relaxed)) {         \
      (void)::cqrs::failpoint::hit(::cqrs::failpoint::index_of((name), false)); \
    }                                                                           \
  } while (false)

// The same; under the action `error` it also returns an Error of `code` from the enclosing
// function.
#define CQRS_FAILPOINT_TRY(name, code)                                            \
  do {                                                                            \
    constexpr std::size_t cqrs_point = ::cqrs::failpoint::index_of((name), true); \
    if (::cqrs::failpoint::any_armed.load(std::memory_order_relaxed) &&           \
        ::cqrs::failpoint::hit(cqrs_point)) {                                     \
      return ::cqrs::failpoint::injected_error(cqrs_point, (code));               \
    }                                                                             \
  } while (false)
