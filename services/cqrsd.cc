// The one service binary. It reads its options, starts the roles, says where it listens, and stops
// gracefully on SIGTERM or SIGINT.
#include "core/base/failpoint.h"

#include "services/chassis/log.h"
#include "services/embedded.h"
#include "services/standard.h"

#include <CLI/CLI.hpp>
#include <malloc.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <unistd.h>

namespace {

constexpr int kUsageError = 2;
constexpr int kUnavailable = 3;

struct Options {
  std::string profile = "embedded";
  std::string data_dir;
  std::string roles = "all";
  std::string listen = "127.0.0.1:0";
  std::string rpc_listen = "127.0.0.1:0";
  std::string read = "redis";
  std::string relay = "poll";
  std::string sink = "none";
  std::string cache = "none";
  cqrs::StandardOptions standard;
  std::string log_level = "info";
  int ready_fd = -1;
  cqrs::EmbeddedOptions embedded;
  double password_hashing_share = 3;  // per cent
};

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", CQRS_VERSION);
  app.add_option("--profile", options.profile, "embedded or standard")
      ->capture_default_str()
      ->envname("CQRSD_PROFILE");
  app.add_option("--data-dir", options.data_dir,
                 "Directory of this system's files; in the standard profile that of its secret")
      ->envname("CQRSD_DATA_DIR");
  app.add_option("--roles", options.roles,
                 "Roles to run: all, or in the standard profile some of gateway, command, relay, "
                 "projector, query, separated by commas")
      ->capture_default_str()
      ->envname("CQRSD_ROLES");
  app.add_option("--listen", options.listen, "ADDRESS:PORT; port 0 lets the system choose")
      ->capture_default_str()
      ->envname("CQRSD_LISTEN");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->capture_default_str()
      ->envname("CQRSD_LOG_LEVEL");
  app.add_flag(
      "--rebuild-views", options.embedded.rebuild_views,
      "Fill new views from the first event; the present ones stay for cqrsctl replay drop");
  app.add_flag("--bench-routes", options.embedded.bench_routes,
               "Serve POST /v1/noop, which does nothing, for measuring HTTP alone");
  app.add_flag("--demo-data", options.embedded.demo_data,
               "Publish a small shop to look around in, unless that was done before");
  app.add_flag(
         "--allow-import", options.embedded.allow_import,
         "Let users be created with a ready passwordHash, by anybody who can reach the server; "
         "an admin scope will replace this")
      ->envname("CQRSD_ALLOW_IMPORT");
  app.add_option("--password-hashing-share", options.password_hashing_share,
                 "Greatest part of one processor for wrapping passwords into argon2id, in per cent")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0))
      ->envname("CQRSD_PASSWORD_HASHING_SHARE");
  app.add_option("--ready-fd", options.ready_fd,
                 "File descriptor that gets one line {\"port\":N} when requests are served");
}

void declare_standard(CLI::App& app, Options& options) {
  auto& standard = options.standard;
  auto& config = standard.config;
  const auto add = [&](const char* name, auto& value, const char* text, const char* variable) {
    app.add_option(name, value, std::string("Standard profile: ") + text)
        ->capture_default_str()
        ->envname(variable);
  };
  add("--rpc-listen", options.rpc_listen, "ADDRESS:PORT for the gateway", "CQRSD_RPC_LISTEN");
  add("--postgres", config.postgres, "URL of the write store", "CQRSD_POSTGRES");
  add("--kafka", config.kafka, "brokers, HOST:PORT[,HOST:PORT]", "CQRSD_KAFKA");
  add("--read", options.read, "read store: redis, mongo or postgres", "CQRSD_READ");
  add("--cache", options.cache, "in front of the read store, none or redis", "CQRSD_CACHE");
  add("--redis", config.redis, "URL of Redis", "CQRSD_REDIS");
  add("--mongo", config.mongo, "URL of MongoDB", "CQRSD_MONGO");
  add("--namespace", config.name, "name of this system on the servers", "CQRSD_NAMESPACE");
  add("--partitions", config.partitions, "of each topic", "CQRSD_PARTITIONS");
  add("--replication", config.replication, "of the topics", "CQRSD_REPLICATION");
  add("--relay", options.relay, "what brings events to the topics, poll or cdc", "CQRSD_RELAY");
  add("--connect", config.connect, "URL of Kafka Connect, for cdc and a sink", "CQRSD_CONNECT");
  add("--sink", options.sink, "what Kafka Connect fills from the topics, none or mongo",
      "CQRSD_SINK");
  add("--command-peers", standard.command_peers, "where the gateway finds the command role",
      "CQRSD_COMMAND_PEERS");
  add("--query-peers", standard.query_peers, "where it finds the query role", "CQRSD_QUERY_PEERS");
  add("--projector-peers", standard.projector_peers, "where it finds the projector role",
      "CQRSD_PROJECTOR_PEERS");
}

bool split_listen(const std::string& text, cqrs::http::ServerOptions& out) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos) {
    return false;
  }
  const int number = std::stoi(port);
  if (number > 65'535) return false;
  out.address = text.substr(0, colon);
  out.port = static_cast<std::uint16_t>(number);
  return true;
}

int usage(const std::string& message) {
  std::cerr << "cqrsd: " << message << "\n";
  return kUsageError;
}

// Tells whoever started us where we are; a starter that has gone does not matter.
void announce(int descriptor, std::uint16_t port, std::uint16_t rpc_port = 0) {
  if (descriptor < 0) return;
  std::string line = "{\"port\":" + std::to_string(port);
  if (rpc_port != 0) line += ",\"rpc_port\":" + std::to_string(rpc_port);
  line += "}\n";
  [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
  ::close(descriptor);
}

// Blocked before any thread exists, so that only sigwait sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

int refuse(const cqrs::Error& error) {
  std::cerr << "cqrsd: " << error.message << "\n";
  const bool usage =
      error.code == cqrs::ErrorCode::kAlreadyExists || error.code == cqrs::ErrorCode::kInvalid;
  return usage ? kUsageError : kUnavailable;
}

template <class System>
int serve_until_told(System& system, const sigset_t& signals) {
  int received = 0;
  sigwait(&signals, &received);
  cqrs::log::info("stopping", {{"signal", std::to_string(received)}});
  system.shutdown();
  cqrs::log::info("stopped");
  return 0;
}

int serve_embedded(const Options& options, const cqrs::http::ServerOptions& server) {
  if (options.roles != "all") {
    return usage("--roles: the embedded profile runs all roles in one process; say --roles=all");
  }
  if (options.data_dir.empty()) return usage("--data-dir is required");
  const sigset_t signals = block_signals();
  auto system = cqrs::start_embedded({options.data_dir}, server, options.embedded);
  if (!system) return refuse(system.error());
  const auto port = (*system)->port();
  cqrs::log::info("ready", {{"address", server.address},
                            {"port", std::to_string(port)},
                            {"data_dir", options.data_dir}});
  announce(options.ready_fd, port);
  return serve_until_told(**system, signals);
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text == "all" ? "gateway,command,relay,projector,query" : text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

int serve_standard(Options& options, const cqrs::http::ServerOptions& server) {
  auto& standard = options.standard;
  standard.roles = split_words(options.roles);
  standard.data_dir = options.data_dir;
  standard.listen = server;
  if (!split_listen(options.rpc_listen, standard.rpc)) {
    return usage("--rpc-listen must be ADDRESS:PORT");
  }
  auto read = cqrs::parse_read_store(options.read);
  if (!read) return usage(read.error().message);
  standard.config.read = *read;
  auto relay = cqrs::parse_relay(options.relay);
  if (!relay) return usage(relay.error().message);
  standard.config.relay = *relay;
  auto sink = cqrs::parse_sink(options.sink);
  if (!sink) return usage(sink.error().message);
  standard.config.sink = *sink;
  auto cache = cqrs::parse_cache(options.cache);
  if (!cache) return usage(cache.error().message);
  standard.config.cache = *cache;
  standard.rebuild_views = options.embedded.rebuild_views;
  standard.bench_routes = options.embedded.bench_routes;
  standard.demo_data = options.embedded.demo_data;
  standard.allow_import = options.embedded.allow_import;
  standard.password_hashing_share = options.embedded.password_hashing_share;
  if (auto status = cqrs::check(standard); !status) return usage(status.error().message);
  const sigset_t signals = block_signals();
  auto process = cqrs::start_standard(standard);
  if (!process) return refuse(process.error());
  const auto port = (*process)->port();
  const auto rpc_port = (*process)->rpc_port();
  cqrs::log::info("ready", {{"roles", options.roles},
                            {"address", server.address},
                            {"port", std::to_string(port)},
                            {"rpc_port", std::to_string(rpc_port)}});
  announce(options.ready_fd, port, rpc_port);
  return serve_until_told(**process, signals);
}

int run(int argc, char** argv) {
  CLI::App app("cqrsd: the services of a CQRS system in one process");
  Options options;
  declare(app, options);
  declare_standard(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsageError;
  }
  if (const char* text = std::getenv(cqrs::failpoint::kVariable); text != nullptr) {
    if (auto armed = cqrs::failpoint::arm(text); !armed) return usage(armed.error().message);
  }
  cqrs::http::ServerOptions server;
  cqrs::log::Level level{};
  if (!split_listen(options.listen, server)) return usage("--listen must be ADDRESS:PORT");
  if (!cqrs::log::parse_level(options.log_level, level)) {
    return usage("--log-level must be debug, info, warning or error");
  }
  options.embedded.password_hashing_share = options.password_hashing_share / 100;
  cqrs::log::set_level(level);
  if (const auto& failpoint = cqrs::failpoint::armed_as(); !failpoint.empty()) {
    cqrs::log::warning("failpoint_armed", {{"failpoint", failpoint}});
  }
  if (options.profile == "standard") return serve_standard(options, server);
  if (options.profile != "embedded") return usage("--profile must be embedded or standard");
  return serve_embedded(options, server);
}

// Pages of events and answers come and go by the megabyte: what one has freed the next one needs.
// Given back to the kernel, all of it would have to be cleared again.
void keep_freed_memory() {
  constexpr int kLargest = 8 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargest);
  ::mallopt(M_TRIM_THRESHOLD, 4 * kLargest);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "cqrsd: " << error.what() << "\n";
    return kUnavailable;
  }
}
