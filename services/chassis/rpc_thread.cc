#include "services/chassis/rpc_thread.h"

#include "services/chassis/log.h"

#include <grpc/support/log.h>

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace cqrs::rpc {
namespace {

// steady_clock and gRPC's monotonic clock are both CLOCK_MONOTONIC.
gpr_timespec to_timespec(SteadyTime time) {
  if (time == SteadyTime::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const auto nanos =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {nanos / kSecond, static_cast<std::int32_t>(nanos % kSecond), GPR_CLOCK_MONOTONIC};
}

// What gRPC itself has to say would else stand between our lines as plain text.
void log_for_grpc(gpr_log_func_args* line) {
  const auto level = line->severity == GPR_LOG_SEVERITY_ERROR ? log::Level::kWarning  // all recover
                                                              : log::Level::kDebug;
  log::write(level, "grpc", {{"message", line->message}});
}

}  // namespace

RpcThread::RpcThread(std::unique_ptr<grpc::CompletionQueue> queue)
    : queue_(std::move(queue)), tasks_(*queue_, [this] { run_tasks(); }) {
  gpr_set_log_function(log_for_grpc);
}

void RpcThread::start() {
  thread_ = std::thread([this] { run(); });
}

void RpcThread::stop() {
  if (std::exchange(stopped_, true)) return;
  tasks_.close();
  queue_->Shutdown();
  if (thread_.joinable()) return thread_.join();
  run();  // never started: gRPC wants the queue emptied all the same
}

std::chrono::nanoseconds RpcThread::cpu_time() const {
  const clockid_t clock = cpu_clock_.load();
  timespec now{};
  if (clock == CLOCK_REALTIME || ::clock_gettime(clock, &now) != 0) return {};
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void RpcThread::run() {
  clockid_t clock{};
  if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0) cpu_clock_.store(clock);
  for (;;) {
    void* tag = nullptr;
    bool ok = false;
    const auto status = queue_->AsyncNext(&tag, &ok, to_timespec(next_tick_));
    if (status == grpc::CompletionQueue::SHUTDOWN) break;
    if (status == grpc::CompletionQueue::GOT_EVENT) static_cast<Tag*>(tag)->done(ok);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_tick_) continue;
    next_tick_ = SteadyTime::max();
    for (Clocked* clocked : clocked_) tick_at(clocked->tick(now));
  }
  cpu_clock_.store(CLOCK_REALTIME);
}

void RpcThread::run_tasks() {
  tasks_.take(taken_);
  for (const auto& task : taken_) task();
  taken_.clear();
}

}  // namespace cqrs::rpc
