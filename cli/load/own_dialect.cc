#include "cli/load/own_dialect.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/json_tree.h"

#include "cli/load/seed_wire.h"

#include <array>
#include <charconv>

namespace cqrs::load {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kAllKinds.size()> kPaths{"/v1/users", "/v1/products",
                                                                "/v1/orders"};
constexpr std::array<std::string_view, 8> kWords{"oak",   "lamp",  "steel", "chair",
                                                 "linen", "table", "glass", "desk"};

// The value of a string member without escapes, as codes are.
std::string_view text_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size();
  const auto end = text.find('"', begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

// "g1-3" and "3" alike.
std::int64_t version_of_etag(std::string_view etag) {
  const auto dash = etag.rfind('-');
  if (dash != std::string_view::npos) etag.remove_prefix(dash + 1);
  std::int64_t version = 0;
  std::from_chars(etag.data(), etag.data() + etag.size(), version);
  return version;
}

// How a command on an existing entity is addressed, behind its id.
struct Route {
  std::string_view method;
  std::string_view suffix;
};

Route route_of(Operation operation) {
  switch (operation) {
    case Operation::kUpdateUser:
    case Operation::kUpdateProduct:
      return {"PATCH", ""};
    case Operation::kDeleteUser:
    case Operation::kDeleteProduct:
      return {"DELETE", ""};
    case Operation::kChangePrice:
      return {"PUT", "/price"};
    case Operation::kDeactivateUser:
    case Operation::kDeactivateProduct:
      return {"POST", "/deactivate"};
    case Operation::kActivateUser:
    case Operation::kActivateProduct:
      return {"POST", "/activate"};
    case Operation::kConfirmOrder:
      return {"POST", "/confirm"};
    case Operation::kCancelOrder:
      return {"POST", "/cancel"};
    case Operation::kPayOrder:
      return {"POST", "/pay"};
    case Operation::kShipOrder:
      return {"POST", "/ship"};
    case Operation::kDeliverOrder:
      return {"POST", "/deliver"};
    default:
      return {"GET", ""};
  }
}

class OwnDialect final : public Dialect {
 public:
  OwnDialect(const Endpoint& endpoint, const OpValues& values, const TlsOptions& tls)
      : endpoint_(endpoint),
        tls_(tls),
        values_(values),
        host_(" HTTP/1.1\r\nHost: " + authority(endpoint) + "\r\n") {}

  void write(std::string& out, const LoadOp& op) override {
    const OperationInfo& info = info_of(op.operation);
    out.clear();
    if (!info.command) return write_query(out, op, info);
    const Route route =
        info.target == OperationTarget::kFresh ? Route{"POST", ""} : route_of(op.operation);
    out += route.method;
    out += ' ';
    out += kPaths[kind_index(info.kind)];
    if (info.target != OperationTarget::kFresh) {
      out += '/';
      append_uuid(out, values_.target(op).id);
      out += route.suffix;
    }
    out += host_;
    out += "Idempotency-Key: ";
    values_.append_idempotency_key(out, op);
    body_.clear();
    values_.append_body(body_, op);
    if (!body_.empty()) out += "\r\nContent-Type: application/json";
    out += "\r\nContent-Length: ";
    append_integer(out, static_cast<std::int64_t>(body_.size()));
    out += "\r\n\r\n";
    out += body_;
  }

  OpAnswer read(const LoadOp& op, const Answer& answer) override {
    OpAnswer said;
    if (answer.transport != Transport::kAnswered) return unanswered(answer);
    const bool command = info_of(op.operation).command;
    said.replayed = answer.replayed;
    if (answer.status == 200 || answer.status == 201) {
      said.outcome = OpOutcome::kAcknowledged;
      said.version = version_of_etag(answer.etag);
      if (command) said.position = number_behind(answer.body, "\"position\":");
      return said;
    }
    const std::string_view code = text_behind(answer.body, "\"code\":\"");
    said.failure = std::to_string(answer.status);
    if (!code.empty()) said.failure += " " + std::string(code);
    // Refused, full or away: nothing was done. Anything else of the server's may have been.
    const bool known = answer.status < 500 || code == "overloaded" || code == "unavailable";
    said.outcome = known ? OpOutcome::kRejected : OpOutcome::kUnknown;
    return said;
  }

  // Waits in the server, which answers as soon as the views have it.
  void write_probe(std::string& out, const LoadOp& op, const OpAnswer& acknowledged) override {
    out.clear();
    out += "GET ";
    out += kPaths[kind_index(info_of(op.operation).kind)];
    out += '/';
    append_uuid(out, values_.target(op).id);
    out += "?expand=none&wait=2s&min_version=";
    append_integer(out, acknowledged.version);
    out += host_;
    out += "\r\n";
  }

  // A deleted entity is not found, at once and for ever after.
  bool visible(const LoadOp& op, const OpAnswer& /*acknowledged*/, const Answer& answer) override {
    if (answer.transport != Transport::kAnswered) return false;
    const bool deletion =
        op.operation == Operation::kDeleteUser || op.operation == Operation::kDeleteProduct;
    return answer.status == (deletion ? 404 : 200);
  }

  Result<ViewLag> lag() override {
    auto answer = fetch(endpoint_, "GET", "/v1/sync-status", {}, 1s, tls_);
    if (!answer) return answer.error();
    const Json tree = Json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !tree.is_object() || !tree.contains("lag")) {
      return make_error(ErrorCode::kUnavailable, "the system does not tell how far its views are");
    }
    ViewLag lag;
    lag.caught_up = tree.value("isCaughtUp", false);
    lag.applied = tree.value("appliedPosition", Position{0});
    lag.records = tree["lag"].value("records", std::int64_t{-1});
    lag.seconds = tree["lag"].value("seconds", -1.0);
    return lag;
  }

 private:
  static OpAnswer unanswered(const Answer& answer) {
    OpAnswer said;
    said.outcome =
        answer.transport == Transport::kRefused ? OpOutcome::kRejected : OpOutcome::kUnknown;
    said.failure = answer.transport == Transport::kRefused ? "no connection" : "connection lost";
    return said;
  }

  void write_query(std::string& out, const LoadOp& op, const OperationInfo& info) {
    out += "GET ";
    out += kPaths[kind_index(info.kind)];
    switch (op.operation) {
      case Operation::kListUsers:
      case Operation::kListProducts:
      case Operation::kListOrders:
        out += "?limit=20";
        break;
      case Operation::kSearchUsers:
      case Operation::kSearchProducts:
        out += "?size=20&q=";
        out += kWords[op.index % kWords.size()];
        break;
      default:
        out += '/';
        append_uuid(out, values_.target(op).id);
        // What this run made itself may not be in the views yet: the read waits for it.
        if (op.index >= values_.generator().shape().count(info.kind)) {
          out += "?min_version=1&wait=5s";
        }
    }
    out += host_;
    out += "\r\n";
  }

  Endpoint endpoint_;
  TlsOptions tls_;
  const OpValues& values_;
  std::string host_;
  std::string body_;
};

}  // namespace

std::unique_ptr<Dialect> make_own_dialect(const Endpoint& endpoint, const OpValues& values,
                                          const TlsOptions& tls) {
  return std::make_unique<OwnDialect>(endpoint, values, tls);
}

}  // namespace cqrs::load
