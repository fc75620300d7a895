#include "core/wiring/standard_config.h"
#include "core/wiring/stores.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"
#include "cli/system/running.h"
#include "cli/system/spawn.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace cqrs {
namespace {

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;
};

Check directory(const DataDir& dir) {
  const bool exists = std::filesystem::exists(dir.root);
  if (!exists) return {"data directory", true, dir.root + " (not made yet: cqrsctl up makes it)"};
  const bool writable = ::access(dir.root.c_str(), W_OK) == 0;
  return {"data directory", writable,
          dir.root +
              (writable ? " is writable" : " cannot be written: change its owner or --data-dir")};
}

Check disk(const DataDir& dir) {
  std::error_code error;
  std::filesystem::path path = dir.root;
  while (!path.empty() && !std::filesystem::exists(path)) path = path.parent_path();
  const auto space = std::filesystem::space(path, error);
  constexpr std::uint64_t kLeast = 1'000'000'000;
  const bool enough = !error && space.available >= kLeast;
  return {"free disk space", enough,
          bytes_text(error ? 0 : space.available) + " free" +
              (enough ? "" : ", at least 1 GB is needed: free some or choose another --data-dir")};
}

Check service() {
  const std::string program = service_program();
  return {"service binary", !program.empty(),
          program.empty() ? "cqrsd is not beside cqrsctl: build or install both" : program};
}

Check formats(const DataDir& dir) {
  auto standard = read_standard_config(dir);
  if (!standard) return {"stored data", false, standard.error().message};
  if (!*standard && !std::filesystem::exists(dir.write_db())) {
    return {"stored data", true, "none yet"};
  }
  auto sources = stored::open_sources(dir);
  if (!sources) return {"stored data", false, sources.error().message};
  auto head = sources->record->head();
  if (!head) return {"stored data", false, head.error().message};
  return {"stored data", true, grouped(*head) + " events, formats known to this version"};
}

Check machine() {
  return {"processors", true, std::to_string(std::thread::hardware_concurrency())};
}

Check reachable(const DataDir& dir) {
  auto system = find_running(dir);
  if (!system) return {"running system", true, "none (cqrsctl up starts one)"};
  auto ready = load::fetch(system->endpoint(), "GET", "/readyz", {}, std::chrono::seconds(5));
  if (!ready) return {"running system", false, ready.error().message};
  const bool ok = ready->status == 200;
  return {"running system", ok, system->url + (ok ? " is ready" : " is not ready: " + ready->body)};
}

}  // namespace

ExitCode run_doctor(Context& context) {
  const DataDir dir{context.options.data_dir};
  const std::vector<Check> checks{machine(), directory(dir), disk(dir),
                                  service(), formats(dir),   reachable(dir)};
  bool all = true;
  Json list = Json::array();
  for (const auto& check : checks) {
    all = all && check.ok;
    list.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
    if (!context.json()) {
      context.out << (check.ok ? "ok     " : "FAILED ") << check.name << ": " << check.detail
                  << "\n";
    }
  }
  if (context.json()) {
    context.out << Json{{"ok", all}, {"version", CQRS_VERSION}, {"checks", std::move(list)}}.dump()
                << "\n";
  } else {
    context.out << "cqrsctl " << CQRS_VERSION << "\n";
  }
  return all ? ExitCode::kDone : ExitCode::kUnavailable;
}

void add_doctor(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("doctor", "Check what a run needs, with the way out for each lack");
  command->footer("Example: cqrsctl doctor");
  command->callback([&action] { action = [](Context& context) { return run_doctor(context); }; });
}

}  // namespace cqrs
