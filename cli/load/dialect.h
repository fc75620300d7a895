// How a system is spoken to: operations as HTTP requests, answers as outcomes, and how to see that
// what was done can be read. One for our own API, one for systems described by a target file.
#pragma once

#include "core/events/event.h"
#include "core/workload/op_values.h"

#include "cli/load/pipeline_client.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cqrs::load {

// What it says is a pure function of the run's values and of these.
using LoadOp = Op;

enum class OpOutcome : std::uint8_t {
  kAcknowledged,
  kRejected,  // certainly not done
  kUnknown,   // may have been done: no answer, or one that says so
};

struct OpAnswer {
  OpOutcome outcome = OpOutcome::kUnknown;
  bool replayed = false;
  std::int64_t version = 0;  // of a command: what it made; of a read: what was seen; 0: not told
  Position position = 0;     // of a command's commit; 0: not told
  std::string failure;       // "503 overloaded", "timeout", "connection lost"; empty: acknowledged
};

// How far the read side is behind.
struct ViewLag {
  bool caught_up = false;
  Position applied = 0;       // everything up to here is visible; 0: not told
  std::int64_t records = -1;  // -1: not told
  double seconds = -1;
};

// Used by one thread; every thread of a run has its own.
class Dialect {
 public:
  Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;
  virtual ~Dialect() = default;

  // Replaces `out` by the whole request. The same operation gives the same bytes, its idempotency
  // key included, so that an unknown outcome can be resolved by sending it again.
  virtual void write(std::string& out, const LoadOp& op) = 0;
  [[nodiscard]] virtual OpAnswer read(const LoadOp& op, const Answer& answer) = 0;
  // A read that shows whether what `op` did can be seen yet.
  virtual void write_probe(std::string& out, const LoadOp& op, const OpAnswer& acknowledged) = 0;
  [[nodiscard]] virtual bool visible(const LoadOp& op, const OpAnswer& acknowledged,
                                     const Answer& answer) = 0;
  // Asks the system, blocking. Errors: those of the transport.
  [[nodiscard]] virtual Result<ViewLag> lag() = 0;
  // Whether a command without a known outcome may be sent again. If not, a read must tell: whether
  // write_probe() shows what it did.
  [[nodiscard]] virtual bool may_repeat() const { return true; }
};

}  // namespace cqrs::load
