#include "services/chassis/rpc_health.h"

#include <string>
#include <utility>

namespace cqrs::rpc {
namespace {

constexpr const char* kExchange = "cqrs.internal.v1.Exchange";

}  // namespace

// One question with one answer. Owns itself: gRPC holds it by its tags.
class HealthService::Check {
 public:
  explicit Check(HealthService& owner) : owner_(owner) {
    ++owner_.live_;
    owner_.service_.RequestCheck(&context_, &request_, &writer_, owner_.queue_, owner_.queue_,
                                 accepted_tag_.raw());
  }
  ~Check() {
    --owner_.live_;
    owner_.on_ended_();
  }
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

 private:
  void on_accepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    new Check(owner_);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
    const auto response = owner_.status_of(request_.service());
    if (response.status() == health::HealthCheckResponse::SERVICE_UNKNOWN) {
      writer_.FinishWithError({grpc::StatusCode::NOT_FOUND, "unknown service"},
                              finished_tag_.raw());
    } else {
      writer_.Finish(response, grpc::Status::OK, finished_tag_.raw());
    }
  }
  void on_finished(bool /*ok*/) { delete this; }

  HealthService& owner_;
  grpc::ServerContext context_;
  health::HealthCheckRequest request_;
  grpc::ServerAsyncResponseWriter<health::HealthCheckResponse> writer_{&context_};
  MemberTag<Check, &Check::on_accepted> accepted_tag_{*this};
  MemberTag<Check, &Check::on_finished> finished_tag_{*this};
};

// One asker that is told every change until it goes. Owns itself, like Check.
class HealthService::Watch {
 public:
  explicit Watch(HealthService& owner) : owner_(owner) {
    ++owner_.live_;
    context_.AsyncNotifyWhenDone(gone_tag_.raw());
    owner_.service_.RequestWatch(&context_, &request_, &writer_, owner_.queue_, owner_.queue_,
                                 accepted_tag_.raw());
  }
  ~Watch() {
    --owner_.live_;
    owner_.on_ended_();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void tell() {
    if (gone_) return;
    if (busy_) {
      due_ = true;
      return;
    }
    busy_ = true;
    writer_.Write(owner_.status_of(request_.service()), written_tag_.raw());
  }

 private:
  void on_accepted(bool ok) {
    if (!ok) {  // then the other tag does not come either
      delete this;
      return;
    }
    new Watch(owner_);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
    owner_.watches_.push_back(this);
    tell();
  }
  void on_written(bool /*ok*/) {
    busy_ = false;
    if (gone_) return finish();
    if (std::exchange(due_, false)) tell();
  }
  void on_gone(bool /*ok*/) {
    gone_ = true;
    if (!busy_) finish();
  }
  void finish() { writer_.Finish(grpc::Status::CANCELLED, finished_tag_.raw()); }
  void on_finished(bool /*ok*/) {
    owner_.watches_.remove(this);
    delete this;
  }

  HealthService& owner_;
  grpc::ServerContext context_;
  health::HealthCheckRequest request_;
  grpc::ServerAsyncWriter<health::HealthCheckResponse> writer_{&context_};
  bool busy_ = false;
  bool due_ = false;
  bool gone_ = false;
  MemberTag<Watch, &Watch::on_accepted> accepted_tag_{*this};
  MemberTag<Watch, &Watch::on_written> written_tag_{*this};
  MemberTag<Watch, &Watch::on_gone> gone_tag_{*this};
  MemberTag<Watch, &Watch::on_finished> finished_tag_{*this};
};

void HealthService::start(grpc::ServerCompletionQueue& queue, std::function<void()> on_ended) {
  queue_ = &queue;
  on_ended_ = std::move(on_ended);
  new Check(*this);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
  new Watch(*this);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
}

void HealthService::set_serving(bool serving) {
  serving_ = serving;
  for (Watch* watch : watches_) watch->tell();
}

health::HealthCheckResponse HealthService::status_of(const std::string& name) const {
  health::HealthCheckResponse response;
  if (!name.empty() && name != kExchange) {
    response.set_status(health::HealthCheckResponse::SERVICE_UNKNOWN);
  } else {
    response.set_status(serving_ ? health::HealthCheckResponse::SERVING
                                 : health::HealthCheckResponse::NOT_SERVING);
  }
  return response;
}

}  // namespace cqrs::rpc
