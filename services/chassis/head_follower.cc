#include "services/chassis/head_follower.h"

#include "services/chassis/log.h"

#include <chrono>

namespace cqrs {
namespace {

// How long a notification that got lost can delay things, and a stop.
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

HeadFollower::HeadFollower(std::unique_ptr<HeadWatch> watch, std::function<void(Position)> moved)
    : watch_(std::move(watch)), moved_(std::move(moved)), thread_([this] { run(); }) {}

HeadFollower::~HeadFollower() { stop(); }

void HeadFollower::stop() {
  stopping_.store(true);
  if (thread_.joinable()) thread_.join();
}

void HeadFollower::run() {
  while (!stopping_.load()) {
    const Position known = head_.load();
    auto head = watch_->wait(known, kLook);
    if (head.ok() != connected_.load()) {
      log::warning(head.ok() ? "record_is_back" : "record_away",
                   {{"reason", head.ok() ? "" : head.error().message}});
    }
    connected_.store(head.ok());
    if (!head) {
      std::this_thread::sleep_for(kLook);
      continue;
    }
    if (*head <= known) continue;
    head_.store(*head);
    moved_(*head);
  }
}

}  // namespace cqrs
