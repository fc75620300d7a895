#include "tests/standard/standard_system.h"

#include "core/wiring/standard.h"

#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>

namespace cqrs::e2e {

StandardSystem::StandardSystem(ReadStoreKind read, RelayKind relay, SinkKind sink) {
  const support::Parts& parts = support::parts();
  config_.postgres = parts.postgres;
  config_.kafka = parts.kafka;
  config_.redis = parts.redis;
  config_.mongo = parts.mongo;
  config_.read = read;
  config_.name = support::fresh_namespace();
  config_.partitions = 3;
  config_.relay = relay;
  config_.connect = parts.connect;
  config_.sink = sink;
  servers_ = config_;
}

StandardSystem::~StandardSystem() {
  kill_all();
  if (auto removed = standard::remove_all(servers_); !removed) {
    ADD_FAILURE() << "left on the servers: " << servers_.name << " (" << removed.error().message
                  << ")";
  }
}

void StandardSystem::up_standard(const Words& replicas, const std::string& proxied) const {
  Words words{"--profile",
              "standard",
              "up",
              "--namespace",
              config_.name,
              "--read",
              std::string(read_store_name(config_.read)),
              "--cache",
              std::string(cache_name(config_.cache)),
              "--postgres",
              config_.postgres,
              "--kafka",
              config_.kafka,
              "--redis",
              config_.redis,
              "--mongo",
              config_.mongo,
              "--partitions",
              std::to_string(config_.partitions),
              "--replication",
              std::to_string(config_.replication),
              "--relay",
              std::string(relay_name(config_.relay)),
              "--sink",
              std::string(sink_name(config_.sink))};
  if (!config_.connect.empty()) words.insert(words.end(), {"--connect", config_.connect});
  for (const auto& each : replicas) words.insert(words.end(), {"--replicas", each});
  if (!proxied.empty()) words.insert(words.end(), {"--fault-proxy", proxied});
  const Finished finished = ctl(words, std::chrono::seconds(90));
  if (finished.exit_code == 0) return;
  std::ostringstream text;
  text << "the system did not come up: " << finished;
  throw std::runtime_error(text.str());
}

Json StandardSystem::processes(const std::string& role) const {
  Json found = Json::array();
  const Json tree = Json::parse(read_text(file("run.json")), nullptr, false);
  if (!tree.is_object()) return found;
  for (const auto& process : tree.at("processes")) {
    if (process.value("role", "") == role) found.push_back(process);
  }
  return found;
}

int StandardSystem::pid_of(const std::string& role, std::size_t replica) const {
  const Json all = processes(role);
  return replica < all.size() ? all.at(replica).value("pid", -1) : -1;
}

void StandardSystem::kill(const std::string& role, std::size_t replica) const {
  const int pid = pid_of(role, replica);
  if (pid <= 0) throw std::runtime_error("no " + role + " to kill");
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

void StandardSystem::pause(const std::string& role, std::size_t replica) const {
  ::kill(pid_of(role, replica), SIGSTOP);
}

void StandardSystem::resume(const std::string& role, std::size_t replica) const {
  ::kill(pid_of(role, replica), SIGCONT);
}

int StandardSystem::owner_of(const std::string& role) const {
  const Json all = processes(role);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto endpoint = load::parse_endpoint(all.at(i).value("url", ""));
    if (!endpoint) continue;
    auto metrics = load::fetch(*endpoint, "GET", "/metrics", {}, std::chrono::seconds(5));
    if (!metrics) continue;
    // The whole line: the help of the metric says the same words.
    if (metrics->body.find("\ncqrs_" + role + "_owner 1\n") != std::string::npos) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool StandardSystem::caught_up(std::chrono::milliseconds patience) const {
  // Where the record ends is asked of PostgreSQL itself: what a query replica says may be a moment
  // old. What is written meanwhile is not waited for.
  std::int64_t wanted = -1;
  return wait_until(
      [&] {
        if (wanted < 0) wanted = record_head();
        return wanted >= 0 && head() >= wanted && applied() >= wanted;
      },
      patience);
}

std::int64_t StandardSystem::record_head() const {
  auto history = standard::open_history(servers_);
  if (!history) return -1;
  return (*history)->head().ok() ? *(*history)->head() : -1;
}

void StandardSystem::expect_proven() const {
  const Json deep = ctl_json({"verify", "--mode", "deep"}, 0, std::chrono::seconds(90));
  EXPECT_EQ(deep.value("verdict", ""), "pass") << deep;
  expect_no_differences(deep);
}

void run_parts(const Words& words) {
  Words all{CQRS_PARTS_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  // Where the servers of this run live is told by the environment that this program has.
  std::string line;
  for (const auto& word : all) line += word + " ";
  if (std::system((line + ">/dev/null 2>&1").c_str()) != 0) {
    throw std::runtime_error("failed: " + line);
  }
}

std::vector<int> pids_of_part(const std::string& part) {
  const Json tree = Json::parse(read_text(support::parts_directory() + "/parts.json"));
  const Json& found = tree.at(part);
  if (found.contains("pids")) return found.at("pids").get<std::vector<int>>();
  return {found.at("pid").get<int>()};
}

Frozen::Frozen(std::vector<int> pids) : pids_(std::move(pids)) {
  for (const int pid : pids_) ::kill(pid, SIGSTOP);
}

Frozen::~Frozen() {
  for (const int pid : pids_) ::kill(pid, SIGCONT);
}

}  // namespace cqrs::e2e
