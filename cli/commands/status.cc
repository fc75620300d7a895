#include "core/wiring/standard_config.h"
#include "core/wiring/stores.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"
#include "cli/system/running.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace cqrs {
namespace {

struct RolePicture {
  RoleProcess process;
  std::string problem;  // why it is not ready
  ProcessUsage usage;
};

struct Picture {
  RunningSystem system;
  std::vector<RolePicture> roles;
  Json sync;
  Json generations;
  Counts counts;
  std::string cache;  // empty: there is none
  bool ready = true;
  ProcessUsage usage;
};

RolePicture look_at(const RoleProcess& process) {
  RolePicture role{process, {}, process_usage(process.pid)};
  const auto endpoint = load::parse_endpoint(process.url);
  if (!alive(process) || !endpoint) {
    role.problem = "dead: cqrsctl up starts it again";
    return role;
  }
  auto ready = load::fetch(*endpoint, "GET", "/readyz", {}, std::chrono::seconds(5));
  if (!ready) {
    role.problem = ready.error().message;
  } else if (ready->status != 200) {
    const Json tree = Json::parse(ready->body, nullptr, false);
    role.problem = tree.is_object() ? tree.value("reason", "not ready") : "not ready";
  }
  return role;
}

// A replica that waits for the lease is as it should be.
bool waits(const RolePicture& role) {
  return role.problem.find("another replica") != std::string::npos;
}

Result<Picture> look(const DataDir& dir) {
  Picture picture;
  auto system = find_running(dir);
  if (!system) return system.error();
  picture.system = *system;
  auto sync = call(*system, "GET", "/v1/sync-status");
  if (!sync) return sync.error();
  picture.sync = std::move(*sync);
  auto generations = call(*system, "GET", "/v1/admin/generations");
  if (!generations) return generations.error();
  picture.generations = std::move(*generations);
  auto store = stored::open_read_store(dir, picture.sync.value("generation", 1));
  if (!store) return store.error();
  auto counts = (*store)->counts();
  if (!counts) return counts.error();
  picture.counts = *counts;
  auto config = read_standard_config(dir);
  if (!config) return config.error();
  if (*config && (*config)->cache != CacheKind::kNone) picture.cache = cache_name((*config)->cache);
  for (const auto& process : system->processes) {
    picture.roles.push_back(look_at(process));
    const RolePicture& role = picture.roles.back();
    picture.ready = picture.ready && (role.problem.empty() || waits(role));
  }
  picture.usage = usage_of(*system);
  return picture;
}

Json json_of(const Picture& picture) {
  const Json& lag = picture.sync.at("lag");
  Json roles = Json::array();
  const bool one = picture.system.processes.size() == 1;
  for (const char* role : {"gateway", "command", "projector", "query"}) {
    if (one)
      roles.push_back({{"role", role}, {"pid", picture.system.pid}, {"ready", picture.ready}});
  }
  for (const auto& role : picture.roles) {
    if (one) break;
    roles.push_back({{"role", role.process.role},
                     {"pid", role.process.pid},
                     {"ready", role.problem.empty()},
                     {"problem", role.problem},
                     {"rss_bytes", role.usage.rss_bytes},
                     {"cpu_seconds", role.usage.cpu_seconds}});
  }
  Json out{{"profile", picture.system.profile},
           {"url", picture.system.url},
           {"head_position", picture.sync.at("headPosition")},
           {"applied_position", picture.sync.at("appliedPosition")},
           {"lag", {{"records", lag.at("records")}, {"seconds", lag.at("seconds")}}},
           {"caught_up", picture.sync.at("isCaughtUp")},
           {"counts",
            {{"users", picture.counts.users},
             {"products", picture.counts.products},
             {"orders", picture.counts.orders}}},
           {"roles", std::move(roles)},
           {"generations", picture.generations.at("generations")},
           {"rss_bytes", picture.usage.rss_bytes},
           {"cpu_seconds", picture.usage.cpu_seconds}};
  if (!picture.cache.empty()) out["cache"] = picture.cache;
  return out;
}

void print(const Picture& picture, std::ostream& out) {
  const Json& sync = picture.sync;
  const auto lag = sync.at("lag").value("records", std::int64_t{0});
  out << picture.system.profile << "   " << picture.system.url << "   pid " << picture.system.pid
      << "   " << (picture.ready ? "ready" : "NOT READY") << "   since "
      << picture.system.started_at << "\n"
      << "positions  head " << grouped(sync.value("headPosition", Position{0})) << "   applied "
      << grouped(sync.value("appliedPosition", Position{0})) << "   "
      << (lag == 0 ? std::string("caught up")
                   : "behind by " + grouped(lag) + " records, " +
                         seconds_text(sync.at("lag").value("seconds", 0.0)))
      << "\n"
      << "entities   users " << grouped(picture.counts.users) << "   products "
      << grouped(picture.counts.products) << "   orders " << grouped(picture.counts.orders) << "\n"
      << "process    memory " << bytes_text(picture.usage.rss_bytes) << "   cpu "
      << seconds_text(picture.usage.cpu_seconds) << "\n";
  for (const auto& role : picture.roles) {
    if (picture.roles.size() == 1) break;
    const std::string& name = role.process.role;
    out << name << std::string(11 - name.size(), ' ') << "pid " << role.process.pid << "   "
        << (role.problem.empty() ? "ready"
            : waits(role)        ? "waits for the lease"
                                 : "NOT READY: " + role.problem)
        << "   memory " << bytes_text(role.usage.rss_bytes) << "   cpu "
        << seconds_text(role.usage.cpu_seconds) << "\n";
  }
  if (!picture.cache.empty()) out << "cache      " << picture.cache << "\n";
  for (const auto& generation : picture.generations.at("generations")) {
    out << "views      generation " << generation.value("generation", 0)
        << (generation.value("live", false) ? " (live)" : "") << "   applied "
        << grouped(generation.value("applied", Position{0}));
    if (const auto parked = generation.value("parked", 0); parked > 0) {
      out << "   parked " << parked;
    }
    if (generation.contains("problem")) out << "   STOPPED: " << generation.value("problem", "");
    out << "\n";
  }
}

}  // namespace

ExitCode run_status(Context& context) {
  auto picture = look({context.options.data_dir});
  if (!picture) return fail(context, picture.error());
  if (context.json()) {
    context.out << json_of(*picture).dump() << "\n";
  } else {
    print(*picture, context.out);
  }
  return ExitCode::kDone;
}

void add_status(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("status", "One screen: positions, lag, counts, roles");
  command->footer("Example: cqrsctl status -o json");
  command->callback([&action] { action = [](Context& context) { return run_status(context); }; });
}

}  // namespace cqrs
