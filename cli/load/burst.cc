#include "cli/load/burst.h"

#include <algorithm>
#include <charconv>

namespace cqrs::load {
namespace {

std::string_view path_of(Kind kind) {
  return kind == Kind::kUser ? "/v1/users" : kind == Kind::kProduct ? "/v1/products" : "/v1/orders";
}

Position position_in(std::string_view body) {
  constexpr std::string_view kName = "\"position\":";
  const auto at = body.find(kName);
  Position value = 0;
  if (at != std::string_view::npos) {
    std::from_chars(body.data() + at + kName.size(), body.data() + body.size(), value);
  }
  return value;
}

}  // namespace

CreateRequests::CreateRequests(const Endpoint& endpoint)
    : host_(endpoint.host + ":" + std::to_string(endpoint.port)) {}

void CreateRequests::write(std::string& bytes, const Generator& generator, Kind kind,
                           std::uint64_t index, std::string_view path) {
  body_.clear();
  generator.append_body(body_, kind, index);
  bytes.clear();
  bytes.reserve(body_.size() + 200);
  bytes += "POST ";
  bytes += path.empty() ? path_of(kind) : path;
  bytes += " HTTP/1.1\r\nHost: ";
  bytes += host_;
  bytes += "\r\nContent-Type: application/json\r\nIdempotency-Key: ";
  bytes += generator.idempotency_key(kind, index);
  bytes += "\r\nContent-Length: ";
  bytes += std::to_string(body_.size());
  bytes += "\r\n\r\n";
  bytes += body_;
}

Result<BurstResult> run_burst(
    const BurstOptions& options,
    const std::function<void(std::uint64_t index, std::string& bytes)>& write,
    const std::atomic<bool>& stop) {
  BurstResult result;
  std::uint64_t sent = 0;
  std::optional<SteadyTime> started;
  SteadyTime last{};
  ClientOptions client;
  client.endpoint = options.endpoint;
  client.depth = options.depth;
  client.connections = options.connections;
  if (options.count > 0)
    client.connections = std::min<std::size_t>(client.connections, options.count);
  const auto over = [&](SteadyTime now) {
    return options.count > 0 ? sent >= options.count
                             : started.has_value() && now - *started >= options.duration;
  };
  ClientCallbacks callbacks;
  callbacks.next = [&](Prepared& request) {
    const auto now = std::chrono::steady_clock::now();
    if (!started) started = now;
    if (over(now)) return false;
    request.scheduled = now;
    request.tag = sent;
    write(sent++, request.bytes);
    return true;
  };
  callbacks.done = [&](const Answer& answer) {
    last = std::max(last, answer.completed);
    if (answer.transport == Transport::kAnswered && answer.status >= 200 && answer.status < 300) {
      ++result.acknowledged;
      result.last_position = std::max(result.last_position, position_in(answer.body));
      return;
    }
    if (result.refused++ > 0) return;
    result.first_refusal = answer.transport == Transport::kAnswered
                               ? "HTTP status " + std::to_string(answer.status) + " " +
                                     std::string(answer.body.substr(0, 300))
                               : "the connection broke";
  };
  callbacks.idle = [&] { return !over(std::chrono::steady_clock::now()); };
  CQRS_TRY(run_client(client, callbacks, stop));
  if (started && last > *started) {
    result.seconds = std::chrono::duration<double>(last - *started).count();
  }
  return result;
}

}  // namespace cqrs::load
