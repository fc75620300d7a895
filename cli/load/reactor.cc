#include "cli/load/reactor.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace cqrs::load {
namespace {

constexpr std::size_t kBatch = 128;

epoll_event event_of(Watcher* watcher, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  return event;
}

std::uint32_t interest(bool writable) {
  const std::uint32_t read = EPOLLIN;
  return writable ? read | EPOLLOUT : read;
}

}  // namespace

Status Reactor::open() {
  epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  // Edge-triggered: an expiry needs no read to be told once only.
  const std::uint32_t edge = EPOLLET;
  epoll_event event = event_of(nullptr, edge | EPOLLIN);
  if (epoll_.get() < 0 || timer_.get() < 0 ||
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) != 0) {
    return make_error(ErrorCode::kUnavailable,
                      std::string("cannot wait for sockets: ") + std::strerror(errno) +
                          ": raise the limit of open files (ulimit -n) or use fewer connections");
  }
  return {};
}

bool Reactor::add(int descriptor, Watcher& watcher, bool writable) {
  epoll_event event = event_of(&watcher, interest(writable));
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Reactor::watch_writable(int descriptor, Watcher& watcher, bool writable) {
  epoll_event event = event_of(&watcher, interest(writable));
  // Cannot fail for what is registered.
  (void)epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

void Reactor::wait(SteadyTime until) {
  if (until != armed_) {
    armed_ = until;
    // From now on, so that nobody who plays with the clocks of a process can move it far away. An
    // all-zero time would disarm the timer.
    const auto left = until - std::chrono::steady_clock::now();
    const auto nanos = std::max<std::int64_t>(left / std::chrono::nanoseconds(1), 1);
    itimerspec when{};
    when.it_value.tv_sec = nanos / 1'000'000'000;
    when.it_value.tv_nsec = nanos % 1'000'000'000;
    (void)timerfd_settime(timer_.get(), 0, &when, nullptr);
  }
  std::array<epoll_event, kBatch> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), kBatch, -1);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      armed_ = {};
      continue;
    }
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<Watcher*>(event.data.ptr)
        ->on_events(broken || (event.events & EPOLLIN) != 0,
                    broken || (event.events & EPOLLOUT) != 0);
  }
}

}  // namespace cqrs::load
