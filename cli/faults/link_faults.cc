#include "cli/faults/link_faults.h"

#include "cli/faults/fault_words.h"
#include "cli/faults/link_json.h"
#include "cli/faults/server_faults.h"
#include "cli/load/pipeline_client.h"

namespace cqrs {
namespace {

constexpr std::chrono::seconds kPatience{10};

Error no_link(const std::string& server) {
  return invalid("faults", "there is no fault proxy before " + server +
                               ": start the system with cqrsctl up --profile standard "
                               "--fault-proxy " +
                               server + ", or pause " + server + " instead");
}

}  // namespace

LinkControl::LinkControl(const RunningSystem& system) {
  for (const auto& process : system.processes) {
    if (process.role == kProxyRole) url_ = process.url;
  }
}

Result<std::set<std::string>> LinkControl::servers() const {
  auto endpoint = load::parse_endpoint(url_);
  if (!endpoint) return endpoint.error();
  auto answer = load::fetch(*endpoint, "GET", "/v1/links", {}, kPatience);
  if (!answer) return answer.error();
  const Json tree = Json::parse(answer->body, nullptr, false);
  std::set<std::string> found;
  if (tree.is_object() && tree.contains("links")) {
    for (const auto& link : tree.at("links")) found.insert(link.value("server", std::string()));
  }
  return found;
}

Status LinkControl::check(const Fault& fault) const {
  const std::string part = ServerFaults::part_of(fault.target);
  if (part == "kafka") {
    return invalid("faults",
                   "the broker cannot be put behind the proxy, because its clients connect to the "
                   "address that it advertises: pause " +
                       fault.target + " instead, which also leaves connections open and silent");
  }
  if (url_.empty()) return no_link(fault.target);
  auto found = servers();
  if (!found) return found.error();
  return found->contains(fault.target) ? Status() : Status(no_link(fault.target));
}

Status LinkControl::execute(const Fault& fault) {
  LinkFaults faults;
  Json body;
  switch (fault.action) {
    case FaultAction::kFreeze:
      faults.requests_frozen = faults.answers_frozen = true;
      body = json_of(faults);
      break;
    case FaultAction::kCut:
      faults.refused = true;
      body = json_of(faults);
      body["reset"] = true;
      break;
    case FaultAction::kDelay:
      faults.delay = fault.delay;
      body = json_of(faults);
      break;
    case FaultAction::kHeal:
      CQRS_TRY(put(fault.target, json_of(faults).dump()));
      broken_.erase(fault.target);
      return {};
    default:
      return invalid("faults", std::string(fault_action_name(fault.action)) + " is not for a link");
  }
  broken_.insert(fault.target);
  return put(fault.target, body.dump());
}

Status LinkControl::put(const std::string& server, const std::string& body) const {
  auto endpoint = load::parse_endpoint(url_);
  if (!endpoint) return endpoint.error();
  auto answer = load::fetch(*endpoint, "PUT", "/v1/links/" + server, body, kPatience);
  if (!answer) return answer.error();
  if (answer->status == 200) return {};
  return make_error(ErrorCode::kUnavailable, "the fault proxy answered " +
                                                 std::to_string(answer->status) + " for " + server);
}

Status LinkControl::heal_all() {
  Status first;
  const auto broken = broken_;
  for (const auto& server : broken) {
    Fault heal;
    heal.action = FaultAction::kHeal;
    heal.target = server;
    auto status = execute(heal);
    if (!status && first) first = status;
  }
  return first;
}

}  // namespace cqrs
