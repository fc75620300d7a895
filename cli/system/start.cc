#include "core/base/clock.h"

#include "cli/system/running.h"
#include "cli/system/spawn.h"

namespace cqrs {

Result<RunningSystem> start_system(const DataDir& dir, const StartOptions& options) {
  CQRS_TRY(create_directory(dir.root));
  SpawnOptions spawn;
  spawn.log_file = dir.log_file();
  spawn.ends_with_starter = options.ends_with_starter;
  spawn.words = {"--data-dir", dir.root, "--listen", options.listen};
  if (options.rebuild_views) spawn.words.emplace_back("--rebuild-views");
  if (options.bench_routes) spawn.words.emplace_back("--bench-routes");
  if (options.demo_data) spawn.words.emplace_back("--demo-data");
  if (options.allow_import) spawn.words.emplace_back("--allow-import");
  auto spawned = Spawned::start(spawn);
  if (!spawned) return spawned.error();
  auto ready = spawned->wait_ready(options.patience);
  if (!ready) return ready.error();
  RunningSystem system;
  system.url = url_of(options.listen, ready->value("port", 0));
  system.pid = spawned->pid();
  system.started_at = to_string(SystemClock().now());
  system.start_ticks = process_start_ticks(system.pid);
  system.processes = {{"all", system.pid, system.start_ticks, system.url, 0, dir.log_file()}};
  CQRS_TRY(write_run_file(dir, system));
  return system;
}

}  // namespace cqrs
