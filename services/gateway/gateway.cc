#include "services/gateway/gateway.h"

#include <string_view>
#include <utility>

namespace cqrs {
namespace {

// Keep in step with the command role's route.
constexpr std::size_t kBatchBody = 8 * 1024 * 1024;

bool is_admin(std::string_view path) {
  constexpr std::string_view kAdmin = "/v1/admin";
  return path.starts_with(kAdmin) && (path.size() == kAdmin.size() || path[kAdmin.size()] == '/');
}

void forward(const GatewayPeers& peers, http::Request&& request, http::Responder&& responder) {
  if (is_admin(request.path)) {
    // These routes keep no idempotency keys.
    return peers.admin.call(std::move(request), std::move(responder), Resend::kNever);
  }
  const bool reads = request.method == http::Method::kGet || request.method == http::Method::kHead;
  RpcPeer& peer = reads ? peers.query : peers.command;
  peer.call(std::move(request), std::move(responder), Resend::kUnderKey);
}

}  // namespace

void add_gateway_routes(http::Router& router, const GatewayPeers& peers) {
  router.add(
      http::Method::kPost, "/v1/commands:batch",
      [peers](http::Request&& request, http::PathValues&& /*path*/, http::Responder&& responder) {
        // Its lines have keys, or have none: a key of the whole would not make it safe to repeat.
        peers.command.call(std::move(request), std::move(responder), Resend::kNever);
      },
      kBatchBody);
  router.set_fallback([peers](http::Request&& request, http::Responder&& responder) {
    forward(peers, std::move(request), std::move(responder));
  });
}

}  // namespace cqrs
