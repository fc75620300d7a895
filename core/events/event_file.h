// Exported events: one CloudEvent per line, and a last line that says how many there were and what
// their bytes hash to, so that a file that was cut off or changed is noticed. Format:
// docs/formats/events.md.
#pragma once

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/events/event.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

class EventFileWriter {
 public:
  // Appends one line.
  void append(std::string& out, const Event& event);
  // Appends the last line.
  void finish(std::string& out);
  [[nodiscard]] std::int64_t events() const { return events_; }

 private:
  Sha256Stream hash_;
  std::int64_t events_ = 0;
  Position first_ = 0;
  Position last_ = 0;
};

// Takes the lines of one file in their order, without their line ends.
class EventFileReader {
 public:
  // True: `event` is set. False: it was the last line, and it agrees with those before it.
  // Error invalid: `field` names the attribute that is to blame, empty for the whole line.
  [[nodiscard]] Result<bool> take(std::string_view line, Event& event);
  // Whether the last line was there.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  [[nodiscard]] Status check_end(const JsonValue& summary);

  Sha256Stream hash_;
  JsonDocument document_;
  std::int64_t events_ = 0;
  bool complete_ = false;
};

}  // namespace cqrs
