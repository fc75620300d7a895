// The administration of the views over HTTP, for this machine only.
#pragma once

#include "core/base/queue.h"

#include "services/chassis/router.h"
#include "services/projector/generations.h"

namespace cqrs {

// GET and POST /v1/admin/generations, POST /v1/admin/generations/{n}/switch {"expected": m}, POST
// /v1/admin/generations/{n}/proof {"equal": true}, DELETE /v1/admin/generations/{n}. Requests from
// other machines get 403. The calls take as long as the change does and run on a thread of their
// own, so the server's I/O thread never waits.
class GenerationAdmin {
 public:
  // `current` gives the generations as long as this process runs them, nothing while another does:
  // requests are answered `unavailable` then. What it gave stays valid for one request.
  using Current = std::function<std::shared_ptr<Generations>()>;
  explicit GenerationAdmin(Current current);
  GenerationAdmin(const GenerationAdmin&) = delete;
  GenerationAdmin& operator=(const GenerationAdmin&) = delete;
  ~GenerationAdmin();
  void add_routes(http::Router& router);
  void stop();

 private:
  struct Task {
    http::Request request;
    http::PathValues path;
    http::Responder responder;
    http::Response (*action)(Generations&, const http::Request&, const http::PathValues&);
  };
  using Action = decltype(Task::action);
  void add(http::Router& router, http::Method method, const char* pattern, Action action);
  [[nodiscard]] http::Response carry_out(const Task& task) const;

  Current current_;
  BoundedQueue<Task> tasks_{16};
  std::thread thread_;
};

}  // namespace cqrs
