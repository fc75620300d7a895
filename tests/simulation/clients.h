// The clients of a simulated system: they send commands under idempotency keys, retry what got no
// answer and now and then what did, and remember every acknowledgement.
#pragma once

#include "core/adapters/memory/stores.h"
#include "core/write/command.h"

#include "tests/support/random.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::simulation {

// A broken invariant in words; nothing when it holds.
using Violation = std::optional<std::string>;

class Clients {
 public:
  explicit Clients(support::Random& random) : random_(random) {}

  // The commands that arrive together next. Each call must be followed by answer() or lost().
  [[nodiscard]] std::vector<Command> next_batch();
  // Everything that was ever acknowledged, once more.
  [[nodiscard]] std::vector<Command> acknowledged_again();

  // The answers to the batch. Violation: a retry that was answered otherwise than the first time.
  [[nodiscard]] Violation answer(const std::vector<Outcome>& outcomes);
  // The server crashed: nobody answered.
  void lost();

  // Whether everything acknowledged is in the record as it was acknowledged.
  [[nodiscard]] Violation check_record(const memory::MemoryRecord& record) const;

 private:
  struct Request {
    Command command;
    std::optional<Accepted> acknowledged;
    bool unresolved = false;
  };
  [[nodiscard]] std::size_t pick();

  support::Random& random_;
  std::vector<Request> requests_;
  std::vector<std::size_t> batch_;
};

}  // namespace cqrs::simulation
