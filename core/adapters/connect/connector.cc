#include "core/adapters/connect/connector.h"

#include "core/adapters/connect/connector_config.h"
#include "core/adapters/connect/rest.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string_view>
#include <thread>

namespace cqrs::connect {
namespace {

// A connector that stops lets its tasks finish.
constexpr std::chrono::seconds kStopWait{20};
constexpr std::chrono::milliseconds kLook{100};
// Kafka Connect moves connectors from worker to worker and answers 409 meanwhile.
constexpr int kConflict = 409;
constexpr int kNotFound = 404;

// The innermost cause, which is the last one that a trace tells, without what called what.
std::string cause_of(const std::string& trace) {
  constexpr std::string_view kCaused = "Caused by: ";
  const auto last = trace.rfind(kCaused);
  const auto from = last == std::string::npos ? 0 : last + kCaused.size();
  return trace.substr(from, std::min(trace.find('\n', from) - from, std::size_t{500}));
}

class RestConnector final : public Connector {
 public:
  RestConnector(Rest rest, Json config, const std::string& name, std::chrono::seconds patience)
      : rest_(std::move(rest)),
        config_(std::move(config)),
        at_("/connectors/" + name),
        patience_(patience) {}

  Result<ConnectorLook> look() override {
    auto status = ask("GET", "/status");
    if (!status) return status.error();
    ConnectorLook look;
    if (status->status == kNotFound) {
      CQRS_TRY(has_started());
      return look;
    }
    CQRS_TRY(accepted("GET " + at_ + "/status", *status));
    look.state = state_of(status->body, look.trouble);
    if (look.state != ConnectorState::kRunning && look.state != ConnectorState::kStarting)
      return look;
    auto config = ask("GET", "/config");
    if (!config) return config.error();
    // Removed just now: the last state is told a moment longer.
    if (config->status == kNotFound) return ConnectorLook();
    CQRS_TRY(accepted("GET " + at_ + "/config", *config));
    Json theirs = std::move(config->body);
    if (theirs.is_object()) theirs.erase("name");  // added by Connect
    look.outdated = theirs != config_;
    return look;
  }

  Status run() override {
    CQRS_TRY(tell("PUT", "/config", config_));
    CQRS_TRY(tell("PUT", "/resume"));
    auto status = ask("GET", "/status");
    if (!status) return status.error();
    if (!tells(*status, ConnectorState::kFailed)) return {};
    return tell("POST", "/restart?includeTasks=true&onlyFailed=true");
  }

  Status stop() override {
    auto there = ask("GET", "/status");
    if (!there) return there.error();
    CQRS_TRY(there->status == kNotFound ? create_stopped() : tell("PUT", "/stop"));
    const auto give_up = std::chrono::steady_clock::now() + kStopWait;
    while (std::chrono::steady_clock::now() < give_up) {
      auto status = ask("GET", "/status");
      if (!status) return status.error();
      const bool stopped =
          tells(*status, ConnectorState::kStopped) && status->body.at("tasks").empty();
      // Its last task may still be on its way out: then this is refused, and tried again.
      if (stopped && tell("DELETE", "/offsets")) return {};
      std::this_thread::sleep_for(kLook);
    }
    return make_error(ErrorCode::kUnavailable,
                      "Kafka Connect at " + rest_.place() + ": the connector does not stop");
  }

  Status remove() override {
    auto reply = settled("DELETE", at_, {}, {kConflict});
    if (!reply) return reply.error();
    return reply->status == kNotFound ? Status() : accepted("DELETE", *reply);
  }

 private:
  // A worker knows no connector until it has read what is stored of them.
  Status has_started() {
    auto health = rest_.call("GET", "/health");
    if (!health) return health.error();
    // Older ones (before 3.9) have no such page.
    if (health->status < 300 || health->status == kNotFound) return {};
    return make_error(ErrorCode::kUnavailable,
                      "Kafka Connect at " + rest_.place() + " has not started yet");
  }

  Status create_stopped() {
    CQRS_TRY(has_started());
    const auto name = at_.substr(at_.rfind('/') + 1);
    auto made =
        settled("POST", "/connectors",
                {{"name", name}, {"config", config_}, {"initial_state", "STOPPED"}}, {kConflict});
    if (!made) return made.error();
    // Or it is there: the worker that was asked first had yet to hear of it.
    return made->status == kConflict ? tell("PUT", "/stop") : accepted("POST /connectors", *made);
  }

  Result<Reply> ask(const std::string& method, const std::string& what) {
    return rest_.call(method, at_ + what);
  }

  Status tell(const std::string& method, const std::string& what, const Json& body = {}) {
    // Not found: a worker that has yet to hear of the connector.
    auto reply = settled(method, at_ + what, body, {kConflict, kNotFound});
    if (!reply) return reply.error();
    return accepted(method + " " + at_ + what, *reply);
  }

  // The first answer that is none of `passing`, or the last one when Connect does not settle.
  Result<Reply> settled(const std::string& method, const std::string& target, const Json& body,
                        std::initializer_list<int> passing) {
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    while (true) {
      auto reply = rest_.call(method, target, body);
      if (!reply || std::find(passing.begin(), passing.end(), reply->status) == passing.end() ||
          std::chrono::steady_clock::now() >= give_up) {
        return reply;
      }
      std::this_thread::sleep_for(kLook);
    }
  }

  [[nodiscard]] Status accepted(const std::string& what, const Reply& reply) const {
    if (reply.status < 300) return {};
    const std::string why = reply.body.is_object() ? reply.body.value("message", "") : "";
    return make_error(ErrorCode::kUnavailable, "Kafka Connect at " + rest_.place() + ": " + what +
                                                   " is answered " + std::to_string(reply.status) +
                                                   ": " + why);
  }

  // One that was just made has no state yet.
  static bool tells(const Reply& status, ConnectorState state) {
    std::string ignored;
    return status.status < 300 && state_of(status.body, ignored) == state;
  }

  static ConnectorState state_of(const Json& status, std::string& trouble) {
    if (!status.is_object()) return ConnectorState::kAbsent;
    const Json& connector = status.at("connector");
    const std::string state = connector.value("state", "");
    if (state == "STOPPED") return ConnectorState::kStopped;
    if (state == "PAUSED") return ConnectorState::kPaused;
    if (state == "FAILED") {
      trouble = cause_of(connector.value("trace", ""));
      return ConnectorState::kFailed;
    }
    bool runs = state == "RUNNING" && !status.at("tasks").empty();
    for (const auto& task : status.at("tasks")) {
      runs = runs && task.value("state", "") == "RUNNING";
      if (task.value("state", "") != "FAILED") continue;
      trouble = cause_of(task.value("trace", ""));
      return ConnectorState::kFailed;
    }
    return runs ? ConnectorState::kRunning : ConnectorState::kStarting;
  }

  Rest rest_;
  Json config_;
  std::string at_;
  std::chrono::seconds patience_;
};

}  // namespace

Result<std::unique_ptr<Connector>> open_connector(const Options& options) {
  auto config = source_config(options);
  if (!config) return config.error();
  auto rest = Rest::open(options.url);
  if (!rest) return rest.error();
  return std::unique_ptr<Connector>(std::make_unique<RestConnector>(
      std::move(*rest), std::move(*config), options.slot, options.patience));
}

Result<std::unique_ptr<Connector>> open_sink(const SinkOptions& options) {
  auto rest = Rest::open(options.url);
  if (!rest) return rest.error();
  return std::unique_ptr<Connector>(std::make_unique<RestConnector>(
      std::move(*rest), sink_config(options), options.connector, options.patience));
}

}  // namespace cqrs::connect
