// The local system as cqrsctl finds it: what `up` wrote into run.json, and whether it is still
// alive.
#pragma once

#include "core/base/json_tree.h"
#include "core/wiring/data_dir.h"

#include "cli/load/pipeline_client.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// The process that stands between the roles and their servers: no role, but part of the system.
inline constexpr const char* kProxyRole = "proxy";

// One process of a system.
struct RoleProcess {
  std::string role;  // "all" in the embedded profile
  int pid = 0;
  std::uint64_t start_ticks = 0;  // of the process, so that a recycled pid is not mistaken for it
  std::string url;                // its own HTTP address: health, metrics
  int rpc_port = 0;               // where the gateway reaches it; 0: not
  std::string log;                // file that its output is appended to
};

struct RunningSystem {
  std::string profile = "embedded";
  std::string url;  // http://127.0.0.1:PORT
  int pid = 0;      // of the process that serves it
  std::uint64_t start_ticks = 0;
  std::string started_at;
  std::vector<RoleProcess> processes;  // that one first
  [[nodiscard]] load::Endpoint endpoint() const;
};

// Reads run.json and checks that the process that serves it lives; others may have died. Error
// not_found: "nothing runs here: cqrsctl up".
[[nodiscard]] Result<RunningSystem> find_running(const DataDir& dir);
// The same without that check: what was started here last. Errors: not_found, corrupt.
[[nodiscard]] Result<RunningSystem> read_run_file(const DataDir& dir);
[[nodiscard]] Status write_run_file(const DataDir& dir, const RunningSystem& system);

struct StartOptions {
  std::string listen = "127.0.0.1:0";
  bool rebuild_views = false;                  // fill new ones from the first event
  bool bench_routes = false;                   // serve what only measuring needs
  bool demo_data = false;                      // see cqrsd --demo-data
  bool ends_with_starter = false;              // stop when this process ends, however it ends
  bool allow_import = false;                   // of users with a ready passwordHash
  std::chrono::milliseconds patience{60'000};  // for the start, recovery of the files included
};
// Starts cqrsd in the background, its log going into the data directory, and waits until it serves.
// Errors: invalid (it refused its options or the directory has an owner), unavailable (it did not
// come up: ends with its last words).
[[nodiscard]] Result<RunningSystem> start_system(const DataDir& dir, const StartOptions& options);
// "http://HOST:PORT" of what listens on `listen` (HOST:PORT) and was given `port`.
[[nodiscard]] std::string url_of(const std::string& listen, int port);
// Asks it to stop and waits for its end. Error: timeout (it is still running: names the pid).
[[nodiscard]] Status stop_system(const DataDir& dir, const RunningSystem& system,
                                 std::chrono::milliseconds patience);

// A cqrsd that was started elsewhere, by its address: its processes are unknown. Errors: invalid
// (no address, or one of another machine without `allow_remote`).
[[nodiscard]] Result<RunningSystem> system_at(const std::string& url, bool allow_remote);
// Whether a host is this machine.
[[nodiscard]] bool is_loopback(const std::string& host);

// When a process started, in clock ticks since boot; 0 when it is gone.
[[nodiscard]] std::uint64_t process_start_ticks(int pid);

struct ProcessUsage {
  double cpu_seconds = 0;
  std::uint64_t rss_bytes = 0;
};
// Of any process that may be looked at; zeroes when it is gone. pid 0: this process.
[[nodiscard]] ProcessUsage process_usage(int pid);
// Of all its processes together.
[[nodiscard]] ProcessUsage usage_of(const RunningSystem& system);
[[nodiscard]] bool alive(const RoleProcess& process);

// GET or POST of a small JSON document. Error: that of the answer's problem document, or of the
// transport.
[[nodiscard]] Result<Json> call(const RunningSystem& system, std::string_view method,
                                std::string_view target, std::string_view body = {},
                                std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace cqrs
