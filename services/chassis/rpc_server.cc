#include "services/chassis/rpc_server.h"

#include "services/chassis/rpc_health.h"
#include "services/chassis/rpc_limits.h"
#include "services/chassis/rpc_reflection.h"
#include "services/chassis/rpc_session.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace cqrs {
namespace {

using rpc::AnswerSink;
using rpc::Session;

// How soon a gateway that is no more is noticed.
constexpr int kKeepaliveMs = 5'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
// Gateways ask every 2 s whether we live; asking too often would be punished by hanging up.
constexpr int kPingIntervalMinMs = 500;

void set_arguments(grpc::ServerBuilder& builder) {
  // Two processes on one port would share the connections by chance.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, rpc::kWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, rpc::kReadBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, rpc::kReadBytes);
  builder.SetMaxReceiveMessageSize(rpc::kMessageBytesMax);
  builder.SetMaxSendMessageSize(rpc::kMessageBytesMax);
}

// gRPC wants IPv6 in brackets.
std::string endpoint_name(const RpcServerOptions& options) {
  const bool v6 = options.address.find(':') != std::string::npos;
  return (v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(options.port);
}

class Server final : public RpcServer {
 public:
  Server(const RpcServerOptions& options, const http::Router& router) : context_(options, router) {
    context_.on_ended = [this] { note_ended(); };
  }
  ~Server() override { shutdown(std::chrono::milliseconds{0}); }

  [[nodiscard]] Status start();
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] RpcServerCounters counters() const override;
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const override {
    return thread_ ? thread_->cpu_time() : std::chrono::nanoseconds{0};
  }
  void set_serving(bool serving) override;
  void shutdown(std::chrono::milliseconds patience) override;

 private:
  void hand_out_answers();
  void tell(rpc::api::State state);
  void note_ended();

  rpc::SessionContext context_;
  rpc::HealthService health_;
  rpc::ReflectionService reflection_;
  std::unique_ptr<rpc::RpcThread> thread_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<AnswerSink::Item> items_;  // kept for their memory
  std::vector<Session*> touched_;
  std::uint16_t port_ = 0;

  std::mutex shutdown_mutex_;  // one shutdown at a time
  bool stopped_ = false;
  std::mutex ended_mutex_;
  std::condition_variable ended_changed_;
  bool drained_ = false;  // no gateway is left, after they were asked to go
  bool gone_ = false;     // gRPC holds nothing of ours
};

Status Server::start() {
  const RpcServerOptions& options = context_.options;
  const std::string name = endpoint_name(options);
  grpc::ServerBuilder builder;
  set_arguments(builder);
  int port = 0;
  builder.AddListeningPort(name, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&context_.service);
  builder.RegisterService(&health_.service());
  builder.RegisterService(&reflection_.service());
  auto queue = builder.AddCompletionQueue();
  context_.queue = queue.get();
  server_ = builder.BuildAndStart();
  thread_ = std::make_unique<rpc::RpcThread>(std::move(queue));
  context_.inbox = std::make_shared<rpc::Inbox<AnswerSink::Item>>(thread_->queue(),
                                                                  [this] { hand_out_answers(); });
  if (!server_ || port == 0) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot listen on " + name +
                          " for gRPC: the address is in use or not of this machine; stop the "
                          "process that listens there, or choose another --rpc-listen");
  }
  port_ = static_cast<std::uint16_t>(port);
  Session::await(context_);
  health_.start(*context_.queue, [this] { note_ended(); });
  reflection_.start(*context_.queue, [this] { note_ended(); });
  thread_->start();
  return {};
}

RpcServerCounters Server::counters() const {
  constexpr auto kOrder = std::memory_order_relaxed;
  return {context_.open.load(kOrder), context_.calls.load(kOrder),
          context_.call_batches.load(kOrder), context_.answers.load(kOrder),
          context_.answer_batches.load(kOrder)};
}

// Gives waiting answers to their streams, then lets each of those write once.
void Server::hand_out_answers() {
  context_.inbox->take(items_);
  for (AnswerSink::Item& item : items_) {
    Session* session = item.sink->session;
    if (session == nullptr) continue;
    session->fill(item.id, std::move(item.response));
    if (!session->touched) {
      session->touched = true;
      touched_.push_back(session);
    }
  }
  items_.clear();
  for (Session* session : touched_) {
    session->touched = false;
    session->pump();
  }
  touched_.clear();
}

// RPC thread only. Draining is for good.
void Server::tell(rpc::api::State state) {
  if (context_.state == rpc::api::STATE_DRAINING || context_.state == state) return;
  context_.state = state;
  health_.set_serving(state == rpc::api::STATE_SERVING);
  for (Session& session : context_.sessions) {
    if (!session.accepted()) continue;
    session.tell_state();
    session.pump();
  }
}

void Server::set_serving(bool serving) {
  const std::lock_guard once(shutdown_mutex_);
  if (stopped_) return;
  thread_->post(
      [this, serving] { tell(serving ? rpc::api::STATE_SERVING : rpc::api::STATE_NOT_SERVING); });
}

void Server::note_ended() {
  const bool drained = context_.state == rpc::api::STATE_DRAINING && context_.open.load() == 0;
  const bool gone = context_.sessions.empty() && health_.gone() && reflection_.gone();
  if (!drained && !gone) return;
  const std::lock_guard lock(ended_mutex_);
  drained_ = drained_ || drained;
  gone_ = gone;
  ended_changed_.notify_all();
}

void Server::shutdown(std::chrono::milliseconds patience) {
  const std::lock_guard once(shutdown_mutex_);
  if (stopped_ || port_ == 0) return;
  stopped_ = true;
  if (patience.count() > 0) {
    thread_->post([this] {
      tell(rpc::api::STATE_DRAINING);
      note_ended();
    });
    std::unique_lock lock(ended_mutex_);
    ended_changed_.wait_for(lock, patience, [this] { return drained_; });
  }
  thread_->post([this] {
    context_.closed = true;
    for (Session& session : context_.sessions) {
      if (session.accepted()) session.abandon();
    }
  });
  server_->Shutdown(std::chrono::system_clock::now());  // cancels what is left
  {
    // Its ends are operations, too: the queue must not be shut down before them.
    std::unique_lock lock(ended_mutex_);
    ended_changed_.wait(lock, [this] { return gone_; });
  }
  context_.inbox->close();
  thread_->stop();
}

}  // namespace

Result<std::unique_ptr<RpcServer>> start_rpc_server(const RpcServerOptions& options,
                                                    const http::Router& router) {
  auto server = std::make_unique<Server>(options, router);
  CQRS_TRY(server->start());
  return std::unique_ptr<RpcServer>(std::move(server));
}

}  // namespace cqrs
