#include "services/query/http_queries.h"

#include "core/base/json.h"
#include "core/read/pages.h"

#include "services/query/list_params.h"

#include <charconv>

namespace cqrs {
namespace {

constexpr std::chrono::milliseconds kWaitMax{30'000};

Error bad(const char* name, const std::string& what) {
  return invalid(name, std::string(name) + " " + what);
}

// "2s", "500ms"; at most 30 s.
Result<std::chrono::milliseconds> wait_of(const http::Request& request) {
  const auto text = http::query_value(request, "wait");
  if (!text) return std::chrono::milliseconds(0);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text->data() + text->size() - end));
  const std::int64_t scale = unit == "ms" ? 1 : unit == "s" ? 1'000 : 0;
  if (error != std::errc() || scale == 0 || value < 0 || value > kWaitMax.count() / scale) {
    return bad("wait", "must be a duration like 500ms or 2s, at most 30s");
  }
  return std::chrono::milliseconds(value * scale);
}

// The parts that all reads share.
Result<QueryJob> job_of(const http::Request& request, QueryJob::What what, Kind kind) {
  constexpr auto kNoLimit = std::numeric_limits<std::int64_t>::max();
  QueryJob job;
  job.what = what;
  job.key.kind = kind;
  auto version = number_param(request, "min_version", 0, 0, kNoLimit);
  if (!version) return version.error();
  auto position = number_param(request, "min_position", 0, 0, kNoLimit);
  if (!position) return position.error();
  auto wait = wait_of(request);
  if (!wait) return wait.error();
  job.min_version = *version;
  job.min_position = *position;
  job.deadline = request.received + *wait;
  job.if_none_match = request.if_none_match;
  return job;
}

class QueryRoutes {
 public:
  explicit QueryRoutes(QueryService& queries) : queries_(queries) {}

  void by_id(Kind kind, const http::Request& request, const http::PathValues& path,
             http::Responder&& responder) const {
    const auto id = parse_uuid(path.front());
    if (!id) return responder(http::problem(invalid("id", "the id in the path must be a UUID")));
    // An order is read with its user and products unless asked without.
    const bool details = kind == Kind::kOrder &&
                         http::query_value(request, "expand") != std::optional<std::string>("none");
    auto job =
        job_of(request, details ? QueryJob::What::kOrderDetails : QueryJob::What::kById, kind);
    if (!job) return responder(http::problem(job.error()));
    job->key.id = *id;
    job->responder = std::move(responder);
    queries_.submit(std::move(*job));
  }

  void list(Kind kind, const http::Request& request, http::Responder&& responder) const {
    auto job = job_of(request, QueryJob::What::kList, kind);
    if (!job) return responder(http::problem(job.error()));
    auto params = list_params(request, kind);
    if (!params) return responder(http::problem(params.error()));
    job->limit = params->limit;
    job->cursor = std::move(params->cursor);
    if (params->sorted) {
      job->what = QueryJob::What::kSearch;
      job->search = std::make_unique<ListRequest>(std::move(*params->sorted));
    }
    job->responder = std::move(responder);
    queries_.submit(std::move(*job));
  }

 private:
  QueryService& queries_;
};

void add_reads(http::Router& router, const std::shared_ptr<QueryRoutes>& routes,
               const std::string& path, Kind kind) {
  using http::Method;
  router.add(Method::kGet, path,
             [routes, kind](http::Request&& request, http::PathValues&& /*path*/,
                            http::Responder&& responder) {
               routes->list(kind, request, std::move(responder));
             });
  router.add(Method::kGet, path + "/{id}",
             [routes, kind](http::Request&& request, http::PathValues&& values,
                            http::Responder&& responder) {
               routes->by_id(kind, request, values, std::move(responder));
             });
}

}  // namespace

std::string sync_status_body(const ReadState& state, Position head, Timestamp now,
                             std::optional<std::chrono::microseconds> behind_for) {
  const Position lag = std::max<Position>(0, head - state.applied);
  auto behind = lag == 0 ? 0 : std::max<std::int64_t>(0, now.micros - state.last_event.micros);
  if (behind_for) behind = std::min<std::int64_t>(behind, behind_for->count());
  std::string body;
  JsonObject object(body);
  if (state.last_event.micros == 0) {
    object.raw("lastProcessedTimestamp", "null");
  } else {
    object.text("lastProcessedTimestamp", to_string(state.last_event));
  }
  object.boolean("isCaughtUp", lag == 0).number("headPosition", head);
  object.number("appliedPosition", state.applied).number("generation", state.generation);
  object.name("lag");
  JsonObject detail(body);
  detail.number("records", lag);
  detail.raw("seconds", std::to_string(static_cast<double>(behind) / 1e6));
  detail.close();
  object.close();
  return body;
}

void add_query_routes(http::Router& router, QueryService& queries, const ReadPosition& position,
                      const std::function<Position()>& head, const Clock& clock) {
  const auto routes = std::make_shared<QueryRoutes>(queries);
  add_reads(router, routes, "/v1/users", Kind::kUser);
  add_reads(router, routes, "/v1/products", Kind::kProduct);
  add_reads(router, routes, "/v1/orders", Kind::kOrder);
  add_reads(router, routes, "/user", Kind::kUser);
  add_reads(router, routes, "/product", Kind::kProduct);
  add_reads(router, routes, "/order", Kind::kOrder);
  for (const char* path : {"/v1/sync-status", "/sync-status"}) {
    router.add(http::Method::kGet, path,
               [&position, head, &clock](http::Request&& /*request*/, http::PathValues&& /*path*/,
                                         http::Responder&& responder) {
                 // The head is read first: what is applied by then can only be more.
                 const Position now_at = head();
                 const auto behind_for = position.behind_for(std::chrono::steady_clock::now());
                 responder({200,
                            "application/json",
                            sync_status_body(position.get(), now_at, clock.now(), behind_for),
                            {}});
               });
  }
}

}  // namespace cqrs
