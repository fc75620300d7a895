// Kills, pauses and restarts the servers of a system, as far as scripts/parts started them on this
// machine: it leaves their process numbers and starting times in its directory.
#pragma once

#include "core/wiring/standard_config.h"
#include "core/workload/scenario.h"

#include "cli/faults/process_signal.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cqrs {

struct PartsPlace {
  std::string directory;  // parts_directory()
  // Starts a server again: a program that takes `start SERVER` and `restart SERVER` as
  // scripts/parts does. Empty: none is known, and servers can be killed and paused but not started.
  std::string program;
};
// The directory that the environment names, and the program: $CQRS_PARTS_PROGRAM, else
// scripts/parts below the current directory when it is there.
[[nodiscard]] PartsPlace usual_parts();

class ServerFaults {
 public:
  // `config`: of the system, nothing in the embedded profile. `log_file`: gets what the program
  // says.
  ServerFaults(PartsPlace place, std::optional<StandardConfig> config, std::string log_file)
      : place_(std::move(place)), config_(std::move(config)), log_file_(std::move(log_file)) {}

  // "broker" (or "kafka": every broker; "kafka-2": that one), "postgres", "redis", "mongo",
  // "connect", "nginx".
  [[nodiscard]] static bool knows(const std::string& target);
  // "kafka" of "broker" and "kafka-2"; else the name itself.
  [[nodiscard]] static std::string part_of(const std::string& target);
  // Errors: invalid (the system does not use it, it is not one of scripts/parts, it does not run,
  // or nothing is known that could start it).
  [[nodiscard]] Status check(const Fault& fault) const;
  // A pause stops a server with all its children, so that connections that are open stop, too.
  // Errors: not_found, forbidden, timeout, unavailable.
  [[nodiscard]] Status execute(const Fault& fault);
  [[nodiscard]] Status heal_all();
  [[nodiscard]] bool covers(const std::string& outer, const std::string& inner) const;

 private:
  [[nodiscard]] std::vector<std::string> servers(const std::string& target) const;
  [[nodiscard]] Result<ProcessId> process(const std::string& server) const;
  [[nodiscard]] Status check_use(const std::string& part) const;
  [[nodiscard]] Status apply(FaultAction action, const std::string& server);
  [[nodiscard]] Status restart(const std::string& server);
  [[nodiscard]] Status run_program(const std::string& verb, const std::string& server) const;

  const PartsPlace place_;
  const std::optional<StandardConfig> config_;
  const std::string log_file_;
  std::set<std::string> paused_, killed_;  // servers, by execute()
};

}  // namespace cqrs
