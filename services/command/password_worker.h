// The thread that wraps passwords into argon2id, in the time that is left to it: never more than a
// few per cent of one processor, never while a transaction is open, never while the service stops.
#pragma once

#include "core/base/clock.h"
#include "core/write/credential_upgrade.h"

#include "services/command/committer.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace cqrs {

// How long to rest after a step that used `cpu` of processor time and took `wall`, so that work is
// `share` (0 to 1, not 0) of the time. Never negative.
[[nodiscard]] std::chrono::nanoseconds rest_after(std::chrono::nanoseconds cpu,
                                                  std::chrono::nanoseconds wall, double share);

class PasswordWorker {
 public:
  // `share`: the greatest part of one processor, above 0, at most 1. `committer` and `clock` must
  // outlive the worker.
  PasswordWorker(std::unique_ptr<CredentialReader> reader, Committer& committer, const Clock& clock,
                 double share);
  PasswordWorker(const PasswordWorker&) = delete;
  PasswordWorker& operator=(const PasswordWorker&) = delete;
  ~PasswordWorker();  // as stop()

  // Ends after the password that is being hashed, and stores what is finished; the rest is found
  // again at the next start. The committer must still run. Idempotent.
  void stop();
  // Passwords still to be wrapped, a few seconds old. Thread-safe.
  [[nodiscard]] std::int64_t pending() const { return upgrader_.pending(); }

 private:
  void run();
  // How long to rest now.
  [[nodiscard]] std::chrono::nanoseconds step();
  void tell(const Status& status);

  std::unique_ptr<CredentialReader> reader_;
  CredentialUpgrader upgrader_;
  const Clock& clock_;
  double share_;
  bool failing_ = false;  // the last step failed, and the log says so
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cqrs
