#include "services/query/view_follower.h"

#include "services/chassis/log.h"

namespace cqrs {
namespace {

// While the views are behind the record: what a read that waits for them waits longer than it must.
constexpr std::chrono::milliseconds kBehind{2};
constexpr std::chrono::milliseconds kIdle{100};
// Which generation is live; see kReadersGone of the projector role.
constexpr std::chrono::milliseconds kWhich{100};
// When the last applied event was recorded costs a look into the record.
constexpr std::chrono::milliseconds kWhen{50};

}  // namespace

ViewFollower::ViewFollower(Stores stores, ReadPosition& position)
    : stores_(std::move(stores)),
      position_(position),
      head_(std::move(stores_.watch),
            [this, last = Position{0}](Position head) mutable {
              if (position_.get().applied >= last) position_.fell_behind(Steady::now());
              last = head;
              wake_.notify_one();
            }),
      thread_([this] { run(); }) {}

ViewFollower::~ViewFollower() { stop(); }

void ViewFollower::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  head_.stop();
}

std::string ViewFollower::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void ViewFollower::run() {
  for (;;) {
    const Status status = look();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      const std::string problem = status ? std::string() : status.error().message;
      if (problem != problem_) log::warning("views_seen", {{"problem", problem}});
      problem_ = problem;
    }
    if (!status) views_.reset();
    wait();
  }
}

Status ViewFollower::look() {
  const auto now = Steady::now();
  if (!views_ || now >= look_which_at_) {
    CQRS_TRY(look_which());
    look_which_at_ = now + kWhich;
  }
  auto applied = views_->applied();
  if (!applied) return applied.error();
  const ReadState known = position_.get();
  const bool moved = known.generation != generation_ || known.applied != *applied;
  if (*applied > 0 && last_event_at_ != *applied && now >= look_when_at_) {
    look_when(*applied);
    look_when_at_ = now + kWhen;
  }
  if (moved || known.last_event != last_event_) {
    position_.set({generation_, *applied, last_event_});
  }
  return {};
}

Status ViewFollower::look_which() {
  auto generations = stores_.catalog->list();
  if (!generations) return generations.error();
  const int live = live_generation(*generations);
  if (views_ && live == generation_) return {};
  auto views = stores_.open_views(live);
  if (!views) return views.error();
  views_ = std::move(*views);
  generation_ = live;
  return {};
}

void ViewFollower::look_when(Position applied) {
  auto events = stores_.record->read(applied - 1, 1);
  if (!events || events->empty()) return;
  last_event_ = events->front().recorded_at;
  last_event_at_ = applied;
}

void ViewFollower::wait() {
  std::unique_lock lock(mutex_);
  const auto behind = [this] { return head_.head() > position_.get().applied; };
  if (problem_.empty() && behind()) {
    wake_.wait_for(lock, kBehind, [this] { return stopping_; });
    return;
  }
  const bool away = !problem_.empty();
  wake_.wait_for(lock, kIdle, [&] { return stopping_ || (!away && behind()); });
}

}  // namespace cqrs
