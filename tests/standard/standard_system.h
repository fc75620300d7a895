// A system of the standard profile under test: the real programs, one process per role, over the
// real servers of scripts/parts, under a name of its own that is removed from them afterwards.
#pragma once

#include "core/wiring/standard_config.h"

#include "tests/e2e/support/system.h"

#include <string>

namespace cqrs::e2e {

class StandardSystem : public TestSystem {
 public:
  explicit StandardSystem(ReadStoreKind read = ReadStoreKind::kRedis,
                          RelayKind relay = RelayKind::kPoll, SinkKind sink = SinkKind::kNone);
  ~StandardSystem();
  StandardSystem(const StandardSystem&) = delete;
  StandardSystem& operator=(const StandardSystem&) = delete;

  // Starts what does not run: everything, or what was killed. `replicas`: "command=2"; `proxied`:
  // servers behind the fault proxy, "postgres,redis".
  void up_standard(const Words& replicas = {}, const std::string& proxied = {}) const;
  // Where the servers really are.
  [[nodiscard]] const StandardConfig& servers() const { return servers_; }
  // To be changed before the start, for example to an address of a FaultProxy.
  [[nodiscard]] StandardConfig& config() { return config_; }

  [[nodiscard]] ReadStoreKind read() const { return config_.read; }

  // The process id of a role's replica, from 0; -1: none.
  [[nodiscard]] int pid_of(const std::string& role, std::size_t replica = 0) const;
  void kill(const std::string& role, std::size_t replica = 0) const;
  void pause(const std::string& role, std::size_t replica = 0) const;
  void resume(const std::string& role, std::size_t replica = 0) const;
  // The replica that says it owns the lease of its role, -1: none does.
  [[nodiscard]] int owner_of(const std::string& role) const;
  // Until everything that is committed now is visible; false when that takes longer.
  [[nodiscard]] bool caught_up(std::chrono::milliseconds patience = kPatience) const;
  // Deep verification, ledgers included where there are some: expects that it passes.
  void expect_proven() const;

  // Of the record itself; -1 while PostgreSQL is away.
  [[nodiscard]] std::int64_t record_head() const;

 private:
  [[nodiscard]] Json processes(const std::string& role) const;

  StandardConfig config_;
  StandardConfig servers_;  // where they really are
};

// Runs scripts/parts with these words and expects that it succeeds.
void run_parts(const Words& words);
// The process ids of a server: "postgres", "kafka", "redis", "mongo".
[[nodiscard]] std::vector<int> pids_of_part(const std::string& part);

// Stopped (SIGSTOP) as long as it lives.
class Frozen {
 public:
  explicit Frozen(std::vector<int> pids);
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen();

 private:
  std::vector<int> pids_;
};

}  // namespace cqrs::e2e
