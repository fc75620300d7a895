// The one service binary. It reads its options, starts the roles, says where it listens, and stops
// gracefully on SIGTERM or SIGINT.
#include "core/base/failpoint.h"

#include "services/chassis/log.h"
#include "services/embedded.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace {

constexpr int kUsageError = 2;
constexpr int kUnavailable = 3;

struct Options {
  std::string data_dir;
  std::string roles = "all";
  std::string listen = "127.0.0.1:0";
  std::string log_level = "info";
  int ready_fd = -1;
  cqrs::EmbeddedOptions embedded;
  double password_hashing_share = 3;  // per cent
};

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", CQRS_VERSION);
  app.add_option("--data-dir", options.data_dir, "Directory of this system's files")
      ->required()
      ->envname("CQRSD_DATA_DIR");
  app.add_option("--roles", options.roles, "Roles to run; the embedded profile runs all")
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
void announce(int descriptor, std::uint16_t port) {
  if (descriptor < 0) return;
  const std::string line = "{\"port\":" + std::to_string(port) + "}\n";
  [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
  ::close(descriptor);
}

int serve(const Options& options, const cqrs::http::ServerOptions& server) {
  // Blocked before any thread exists, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto system = cqrs::start_embedded({options.data_dir}, server, options.embedded);
  if (!system) {
    const auto& error = system.error();
    std::cerr << "cqrsd: " << error.message << "\n";
    return error.code == cqrs::ErrorCode::kAlreadyExists ? kUsageError : kUnavailable;
  }
  const auto port = (*system)->port();
  cqrs::log::info("ready", {{"address", server.address},
                            {"port", std::to_string(port)},
                            {"data_dir", options.data_dir}});
  announce(options.ready_fd, port);
  int received = 0;
  sigwait(&signals, &received);
  cqrs::log::info("stopping", {{"signal", std::to_string(received)}});
  (*system)->shutdown();
  cqrs::log::info("stopped");
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("cqrsd: the services of a CQRS system in one process");
  Options options;
  declare(app, options);
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
  if (options.roles != "all") {
    return usage("--roles: the embedded profile runs all roles in one process; say --roles=all");
  }
  if (!split_listen(options.listen, server)) return usage("--listen must be ADDRESS:PORT");
  if (!cqrs::log::parse_level(options.log_level, level)) {
    return usage("--log-level must be debug, info, warning or error");
  }
  options.embedded.password_hashing_share = options.password_hashing_share / 100;
  cqrs::log::set_level(level);
  if (const auto& failpoint = cqrs::failpoint::armed_as(); !failpoint.empty()) {
    cqrs::log::warning("failpoint_armed", {{"failpoint", failpoint}});
  }
  return serve(options, server);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "cqrsd: " << error.what() << "\n";
    return kUnavailable;
  }
}
