// Change data capture as the way of events into the log: a slot of the write store hands out what
// was committed, a connector that others run writes it to the topics. What a relay needs to know of
// both, to prove that nothing was left out.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace cqrs {

// A position of the write store's own journal: grows with every change, whatever it changes.
using JournalPosition = std::uint64_t;

struct SlotState {
  bool usable = false;  // there, and everything that it has not handed out yet is still held
  JournalPosition confirmed = 0;  // everything before it was handed out, and is never again
  std::int64_t held_bytes = 0;    // of the journal, kept for it
};

// Used by one thread at a time. Errors of all: unavailable, invalid (the server is not set up for
// it: says how).
class CaptureSlot {
 public:
  virtual ~CaptureSlot() = default;
  [[nodiscard]] virtual Result<SlotState> look() = 0;
  // Makes it, in place of one that is not usable: what is committed after this call will be handed
  // out, what was before may not be.
  [[nodiscard]] virtual Status make() = 0;
  // Where the journal ends: everything that is visible now stands before it.
  [[nodiscard]] virtual Result<JournalPosition> journal_end() = 0;
  // Its connector must not run. Not there: no error.
  [[nodiscard]] virtual Status remove() = 0;
};

enum class ConnectorState : std::uint8_t {
  kAbsent,
  kStopped,
  kPaused,
  kStarting,
  kRunning,
  kFailed
};

struct ConnectorLook {
  ConnectorState state = ConnectorState::kAbsent;
  bool outdated = false;  // it runs with other settings than ours
  std::string trouble;    // when it failed: why
};

// Used by one thread at a time. Error of all: unavailable (nobody answers, or refuses: says why).
class Connector {
 public:
  virtual ~Connector() = default;
  [[nodiscard]] virtual Result<ConnectorLook> look() = 0;
  // Registers it with our settings and lets it run, whatever its state; what failed begins anew.
  [[nodiscard]] virtual Status run() = 0;
  // Stops it and makes it forget where it stood: it then begins where its source does. One that is
  // not there is registered and does not run, for its name may have stood somewhere before.
  [[nodiscard]] virtual Status stop() = 0;
  // Not there: no error.
  [[nodiscard]] virtual Status remove() = 0;
};

}  // namespace cqrs
