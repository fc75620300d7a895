#include "services/chassis/health.h"

#include "core/base/json.h"

namespace cqrs {

void add_health_routes(http::Router& router, Metrics& metrics,
                       std::function<std::string()> not_ready) {
  using http::Method;
  const auto health = [not_ready = std::move(not_ready)](http::Request&& /*request*/,
                                                         http::PathValues&& /*path*/,
                                                         http::Responder&& responder) {
    const std::string reason = not_ready();
    http::Response response;
    response.status = reason.empty() ? 200 : 503;
    JsonObject object(response.body);
    object.text("status", reason.empty() ? "ok" : "unavailable");
    if (!reason.empty()) object.text("reason", reason);
    object.close();
    responder(std::move(response));
  };
  router.add(Method::kGet, "/readyz", health);
  router.add(Method::kGet, "/healthz", health);
  router.add(
      Method::kGet, "/livez",
      [](http::Request&& /*request*/, http::PathValues&& /*path*/, http::Responder&& responder) {
        responder({200, "application/json", "{\"status\":\"ok\"}", {}});
      });
  router.add(Method::kGet, "/metrics",
             [&metrics](http::Request&& /*request*/, http::PathValues&& /*path*/,
                        http::Responder&& responder) {
               responder({200, "text/plain; version=0.0.4", metrics.render(), {}});
             });
}

}  // namespace cqrs
