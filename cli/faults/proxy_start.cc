#include "cli/faults/proxy_start.h"

#include "core/base/json_tree.h"

#include "cli/faults/server_address.h"
#include "cli/system/spawn.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <sstream>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::array<std::string_view, 3> kServers{"postgres", "redis", "mongo"};

// What proxy.json keeps of a link.
struct Link {
  std::string to;          // host:port
  std::uint16_t port = 0;  // of the proxy; 0: not chosen yet
};
using Links = std::map<std::string, Link>;

std::string proxy_file(const DataDir& dir) { return dir.root + "/proxy.json"; }

std::string* url_in(StandardConfig& config, const std::string& server) {
  if (server == "postgres") return &config.postgres;
  return server == "redis" ? &config.redis : &config.mongo;
}

Result<Links> read_links(const DataDir& dir) {
  auto text = read_file(proxy_file(dir));
  const Json tree = text ? Json::parse(*text, nullptr, false) : Json();
  if (!tree.is_object() || !tree.contains("links") || !tree.at("links").is_object()) {
    return make_error(ErrorCode::kCorrupt, proxy_file(dir) +
                                               " is missing or damaged: cqrsctl down, then up "
                                               "with --fault-proxy again");
  }
  Links links;
  for (const auto& [server, link] : tree.at("links").items()) {
    links[server] = {link.value("to", std::string()), link.value("port", std::uint16_t{0})};
  }
  return links;
}

Status write_links(const DataDir& dir, const Links& links) {
  Json tree = Json::object();
  for (const auto& [server, link] : links) tree[server] = {{"to", link.to}, {"port", link.port}};
  return write_file(proxy_file(dir), Json{{"links", std::move(tree)}}.dump(2) + "\n");
}

Result<Links> new_links(StandardConfig config, const std::vector<std::string>& servers) {
  Links links;
  for (const auto& server : servers) {
    const std::string& url = *url_in(config, server);
    if (url.empty()) {
      return invalid("--fault-proxy", "--fault-proxy: this system uses no " + server);
    }
    auto address = address_in(url);
    if (!address) {
      return invalid("--fault-proxy", "--fault-proxy " + server + ": " + address.error().message);
    }
    links[server].to = address->host + ":" + std::to_string(address->port);
  }
  return links;
}

Result<StandardConfig> with_links(StandardConfig config, const Links& links) {
  for (const auto& [server, link] : links) {
    std::string* url = url_in(config, server);
    auto changed = with_address(*url, {"127.0.0.1", link.port});
    if (!changed) return changed.error();
    *url = std::move(*changed);
  }
  return config;
}

// Starts it, and learns which ports it chose.
Result<RoleProcess> launch(const DataDir& dir, Links& links, bool ends_with_starter) {
  std::error_code error;
  SpawnOptions options;
  options.program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  options.log_file = dir.root + "/proxy.log";
  options.ends_with_starter = ends_with_starter;
  options.words = {"--data-dir", dir.root, "proxy"};
  for (const auto& [server, link] : links) {
    const std::string port = link.port == 0 ? "" : "@" + std::to_string(link.port);
    options.words.insert(options.words.end(), {"--server", server + "=" + link.to + port});
  }
  auto spawned = Spawned::start(options);
  if (!spawned) return spawned.error();
  auto ready = spawned->wait_ready(kPatience);
  if (!ready) return make_error(ready.error().code, "fault proxy: " + ready.error().message);
  for (auto& [server, link] : links) {
    link.port = ready->at("links").value(server, std::uint16_t{0});
  }
  RoleProcess process;
  process.role = kProxyRole;
  process.pid = spawned->pid();
  process.start_ticks = process_start_ticks(process.pid);
  process.url = "http://127.0.0.1:" + std::to_string(ready->value("port", 0));
  process.log = options.log_file;
  return process;
}

}  // namespace

Result<std::vector<std::string>> parse_proxied_servers(const std::string& text) {
  std::vector<std::string> servers;
  std::istringstream stream(text);
  for (std::string server; std::getline(stream, server, ',');) {
    if (server == "broker" || server == "kafka") {
      return invalid("--fault-proxy",
                     "--fault-proxy cannot stand before the broker, because its clients connect to "
                     "the address that it advertises: pause it instead, which leaves connections "
                     "open and silent");
    }
    if (std::find(kServers.begin(), kServers.end(), server) == kServers.end()) {
      return invalid("--fault-proxy", "--fault-proxy: \"" + server.substr(0, 64) +
                                          "\" is not one of postgres, redis and mongo");
    }
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) {
      servers.push_back(server);
    }
  }
  return servers;
}

Result<ProxyPut> put_fault_proxy(const DataDir& dir, const StandardConfig& config,
                                 const ProxyStart& start) {
  ProxyPut put{config, std::nullopt};
  const bool had = start.living != nullptr || start.again;
  if (!had && start.servers.empty()) return put;
  if (!had && start.roles_run) {
    return invalid("--fault-proxy",
                   "--fault-proxy is for the start, and a system runs here already: cqrsctl down "
                   "first");
  }
  auto links = had ? read_links(dir) : new_links(config, start.servers);
  if (!links) return links.error();
  for (const auto& server : start.servers) {
    if (links->contains(server)) continue;
    return invalid("--fault-proxy", "the fault proxy that runs here does not stand before " +
                                        server + ": cqrsctl down first");
  }
  if (start.living == nullptr) {
    auto process = launch(dir, *links, start.ends_with_starter);
    if (!process) return process.error();
    put.process = std::move(*process);
    CQRS_TRY(write_links(dir, *links));
  }
  auto proxied = with_links(config, *links);
  if (!proxied) return proxied.error();
  put.config = std::move(*proxied);
  return put;
}

}  // namespace cqrs
