#include "services/projector/http_admin.h"

#include "core/base/json.h"
#include "core/base/object_reader.h"

#include <charconv>

namespace cqrs {
namespace {

Result<int> number_of(const http::PathValues& path) {
  int number = 0;
  const std::string& text = path.front();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) {
    return invalid("generation", "the generation in the path must be a number");
  }
  return number;
}

void append(std::string& out, const GenerationStatus& status) {
  JsonObject object(out);
  object.number("generation", status.number).boolean("live", status.live);
  object.number("applied", status.applied);
  object.number("events", static_cast<std::int64_t>(status.events));
  object.number("duplicates", static_cast<std::int64_t>(status.duplicates));
  object.number("parked", static_cast<std::int64_t>(status.parked));
  object.number("rate", status.rate);
  object.text("proof", status.proof == Proof::kEqual     ? "equal"
                       : status.proof == Proof::kDiffers ? "differs"
                                                         : "none");
  object.boolean("unfinished", status.unfinished).boolean("stopped", status.stopped);
  if (!status.problem.empty()) object.text("problem", status.problem);
  object.close();
}

http::Response list(Generations& generations, const http::Request& /*request*/,
                    const http::PathValues& /*path*/) {
  std::string body;
  JsonObject object(body);
  object.number("head", generations.head());
  object.name("generations");
  body += '[';
  for (const auto& status : generations.status()) {
    if (body.back() != '[') body += ',';
    append(body, status);
  }
  body += ']';
  object.close();
  return {200, "application/json", std::move(body), {}};
}

http::Response create(Generations& generations, const http::Request& request,
                      const http::PathValues& /*path*/) {
  bool adopt = false;
  std::int64_t rate = 0;
  if (!request.body.empty()) {
    auto document = parse_json(request.body);
    if (!document) return http::problem(document.error(), 400);
    ObjectReader reader(document->root());
    if (reader.has("adopt")) adopt = reader.boolean("adopt");
    rate = reader.optional_integer("rate").value_or(0);
    if (rate < 0) reader.fail("rate", "must be a number of events per second, or 0 for no limit");
    if (auto status = reader.finish(); !status) return http::problem(status.error());
  }
  auto created = generations.create(adopt, rate);
  if (!created) return http::problem(created.error());
  std::string body;
  JsonObject object(body);
  object.number("generation", created->number).boolean("adopted", created->adopted);
  object.number("applied", created->applied);
  object.close();
  return {created->adopted ? 200 : 201, "application/json", std::move(body), {}};
}

http::Response set_proof(Generations& generations, const http::Request& request,
                         const http::PathValues& path) {
  auto number = number_of(path);
  if (!number) return http::problem(number.error());
  auto document = parse_json(request.body);
  if (!document) return http::problem(document.error(), 400);
  ObjectReader reader(document->root());
  const bool equal = reader.boolean("equal");
  if (auto status = reader.finish(); !status) return http::problem(status.error());
  if (auto status = generations.set_proof(*number, equal); !status) {
    return http::problem(status.error());
  }
  return {200, "application/json", equal ? "{\"proof\":\"equal\"}" : "{\"proof\":\"differs\"}", {}};
}

http::Response switch_live(Generations& generations, const http::Request& request,
                           const http::PathValues& path) {
  auto number = number_of(path);
  if (!number) return http::problem(number.error());
  auto document = parse_json(request.body);
  if (!document) return http::problem(document.error(), 400);
  ObjectReader reader(document->root());
  const auto expected = reader.integer("expected");
  if (auto status = reader.finish(); !status) return http::problem(status.error());
  if (auto status = generations.switch_live(static_cast<int>(expected), *number); !status) {
    return http::problem(status.error());
  }
  return {200, "application/json", "{\"live\":" + std::to_string(*number) + "}", {}};
}

http::Response drop(Generations& generations, const http::Request& /*request*/,
                    const http::PathValues& path) {
  auto number = number_of(path);
  if (!number) return http::problem(number.error());
  if (auto status = generations.drop(*number); !status) return http::problem(status.error());
  return {200, "application/json", "{\"dropped\":" + std::to_string(*number) + "}", {}};
}

}  // namespace

GenerationAdmin::GenerationAdmin(Current current)
    : current_(std::move(current)), thread_([this] {
        for (;;) {
          auto tasks = tasks_.pop_batch(1);
          if (tasks.empty()) return;
          Task& task = tasks.front();
          task.responder(carry_out(task));
        }
      }) {}

http::Response GenerationAdmin::carry_out(const Task& task) const {
  if (const auto generations = current_()) {
    return task.action(*generations, task.request, task.path);
  }
  return http::problem(make_error(ErrorCode::kUnavailable,
                                  "no projector works here at the moment: another replica has the "
                                  "lease, or the views cannot be reached"));
}

GenerationAdmin::~GenerationAdmin() { stop(); }

void GenerationAdmin::stop() {
  tasks_.close();
  if (thread_.joinable()) thread_.join();
}

void GenerationAdmin::add(http::Router& router, http::Method method, const char* pattern,
                          Action action) {
  router.add(method, pattern,
             [this, action](http::Request&& request, http::PathValues&& path,
                            http::Responder&& responder) {
               if (!request.from_loopback) {
                 return responder(http::problem(
                     make_error(ErrorCode::kForbidden, "administration is for this machine only")));
               }
               Task task{std::move(request), std::move(path), std::move(responder), action};
               if (tasks_.try_push(task)) return;
               task.responder(http::problem(make_error(
                   ErrorCode::kOverloaded, "another change is being carried out: retry later")));
             });
}

void GenerationAdmin::add_routes(http::Router& router) {
  using http::Method;
  add(router, Method::kGet, "/v1/admin/generations", &list);
  add(router, Method::kPost, "/v1/admin/generations", &create);
  add(router, Method::kPost, "/v1/admin/generations/{n}/switch", &switch_live);
  add(router, Method::kPost, "/v1/admin/generations/{n}/proof", &set_proof);
  add(router, Method::kDelete, "/v1/admin/generations/{n}", &drop);
}

}  // namespace cqrs
