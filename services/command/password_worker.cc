#include "services/command/password_worker.h"

#include "core/base/password_hash.h"

#include "services/chassis/cpu_time.h"
#include "services/chassis/log.h"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

namespace cqrs {
namespace {

using std::chrono::nanoseconds;

// New passwords are found within this time when there were none.
constexpr std::chrono::seconds kIdle{1};
constexpr int kLeastImportant = 19;

}  // namespace

nanoseconds rest_after(nanoseconds cpu, nanoseconds wall, double share) {
  const auto due =
      std::chrono::duration<double, std::nano>(static_cast<double>(cpu.count()) / share);
  return std::max(nanoseconds(0), std::chrono::duration_cast<nanoseconds>(due) - wall);
}

PasswordWorker::PasswordWorker(std::unique_ptr<CredentialReader> reader, Committer& committer,
                               const Clock& clock, double share)
    : reader_(std::move(reader)),
      upgrader_(
          *reader_, [](std::string_view keyed_hash) { return argon2id_hash(keyed_hash); },
          [&committer](const std::vector<CredentialUpgrade>& upgrades) {
            return committer.commit_upgrades(upgrades);
          }),
      clock_(clock),
      share_(share),
      thread_([this] { run(); }) {}

PasswordWorker::~PasswordWorker() { stop(); }

void PasswordWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PasswordWorker::run() {
  // On Linux this is the priority of the calling thread alone: hashing yields to every request.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLeastImportant);
  for (;;) {
    const auto rest = step();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, rest, [this] { return stopping_; })) break;
  }
  tell(upgrader_.flush());
}

nanoseconds PasswordWorker::step() {
  const auto started = std::chrono::steady_clock::now();
  const auto used = thread_cpu_time();
  const auto worked = upgrader_.step(clock_.now());
  tell(worked ? Status() : Status(worked.error()));
  const auto rest =
      rest_after(thread_cpu_time() - used, std::chrono::steady_clock::now() - started, share_);
  return worked && *worked ? rest : std::max<nanoseconds>(rest, kIdle);
}

// Once per trouble, not once per attempt.
void PasswordWorker::tell(const Status& status) {
  if (!status && !failing_) {
    log::warning("passwords_not_wrapped", {{"reason", status.error().message}});
  }
  failing_ = !status;
}

}  // namespace cqrs
