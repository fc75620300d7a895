#include "cli/load/own_target.h"

#include "cli/load/own_dialect.h"
#include "cli/system/cpu_split.h"

#include <algorithm>

namespace cqrs::load {
namespace {

using namespace std::chrono_literals;

// How exactly hops are known, against what looking costs the system.
constexpr std::chrono::milliseconds kLookEvery{20};

class Look {
 public:
  Look(const RunningSystem& system, const TlsOptions& tls)
      : endpoint_(system.endpoint()), tls_(tls) {
    for (const auto& process : system.processes) {
      auto relay = parse_endpoint(process.url);
      if (process.role == "relay" && relay) relays_.push_back(*relay);
    }
  }

  std::optional<StagePositions> operator()() {
    auto answer = fetch(endpoint_, "GET", "/v1/sync-status", {}, 1s, tls_);
    if (!answer || answer->status != 200) return std::nullopt;
    const Json tree = Json::parse(answer->body, nullptr, false);
    if (!tree.is_object() || !tree.contains("lag")) return std::nullopt;
    StagePositions seen;
    seen.applied = tree.value("appliedPosition", Position{0});
    seen.lag_records = tree["lag"].value("records", std::int64_t{-1});
    seen.lag_seconds = tree["lag"].value("seconds", -1.0);
    look_at_relays();
    seen.published = published_;
    return seen;
  }

 private:
  // Only the one that has the lease goes on; the others tell what they saw last.
  void look_at_relays() {
    for (const auto& relay : relays_) {
      auto text = fetch(relay, "GET", "/metrics", {}, 1s);
      if (!text || text->status != 200) continue;
      published_ = std::max(
          published_, static_cast<Position>(metric_value(text->body, "cqrs_published_position")));
    }
  }

  Endpoint endpoint_;
  TlsOptions tls_;
  std::vector<Endpoint> relays_;
  Position published_ = 0;
};

}  // namespace

namespace {

std::optional<GrpcOptions> grpc_of(const RunningSystem& system) {
  GrpcOptions options;
  for (const auto& process : system.processes) {
    if (process.rpc_port == 0) continue;
    const Endpoint endpoint{"127.0.0.1", static_cast<std::uint16_t>(process.rpc_port), false};
    if (process.role == "command" && options.command.port == 0) options.command = endpoint;
    if (process.role == "query" && options.query.port == 0) options.query = endpoint;
  }
  if (options.command.port == 0 || options.query.port == 0) return std::nullopt;
  return options;
}

}  // namespace

LoadTarget own_target(const RunningSystem& system, const TlsOptions& tls) {
  LoadTarget target;
  target.client.endpoint = system.endpoint();
  target.grpc = grpc_of(system);
  target.url = system.url;
  target.profile = system.profile;
  target.usage = [system] { return usage_of(system); };
  const Endpoint endpoint = target.client.endpoint;
  target.client.tls = tls;
  target.make_dialect = [endpoint, tls](const OpValues& values) {
    return make_own_dialect(endpoint, values, tls);
  };
  target.look = Look(system, tls);
  target.look_pause = kLookEvery;
  return target;
}

}  // namespace cqrs::load
