#include "services/chassis/bench_routes.h"

namespace cqrs {

void add_bench_routes(http::Router& router) {
  router.add(
      http::Method::kPost, "/v1/noop",
      [](http::Request&& /*request*/, http::PathValues&& /*path*/, http::Responder&& responder) {
        // Status, headers and body as long as those of a create in the middle of a seed.
        responder({201,
                   "application/json",
                   R"({"id":"018cc251-f400-7000-8000-000000000000","version":1,)"
                   R"("position":123456})",
                   {{"ETag", "\"1\""},
                    {"CQRS-Position", "123456"},
                    {"Location", "/v1/orders/018cc251-f400-7000-8000-000000000000"}}});
      });
}

}  // namespace cqrs
