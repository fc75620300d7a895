// A role of a process of the standard profile: its routes stand in the process's router, its
// threads run from construction to stop().
#pragma once

#include <string>

namespace cqrs {

class ServiceRole {
 public:
  virtual ~ServiceRole() = default;
  // Why it should get no requests now; empty when it should. Thread-safe, quick.
  [[nodiscard]] virtual std::string not_ready() const = 0;
  // Reads that wait are answered with what there is: before the servers drain.
  virtual void stop_waiting() {}
  // Finishes what was accepted and ends the threads; after the servers have drained. Idempotent.
  virtual void stop() = 0;
};

}  // namespace cqrs
