#include "cli/load/command_queue.h"

#include <algorithm>

namespace cqrs::load {
namespace {

// Each block costs one sync of the ledger; a crash makes at most this many indeterminate.
constexpr std::uint64_t kIntentBlock = 20'000;

}  // namespace

CommandQueue::CommandQueue(const LedgerProgress& before, LedgerWriter& ledger,
                           const Schedule& schedule, std::uint64_t max_in_flight)
    : before_(before),
      ledger_(ledger),
      schedule_(schedule),
      max_in_flight_(std::max<std::uint64_t>(1, max_in_flight)),
      total_(before.shape().total() - before.acknowledged() - before.rejected()),
      intended_(before.intended(Kind::kUser)) {}

std::optional<SeedCommand> CommandQueue::next(SteadyTime now) {
  if (!problem_.ok() || in_flight_ >= max_in_flight_) return std::nullopt;
  if (!waiting_.empty() && waiting_.front().not_before <= now) {
    const SeedCommand command = waiting_.front().command;
    waiting_.pop_front();
    ++in_flight_;
    ++repeated_;
    return command;
  }
  if (fresh_ == total_ || !find()) return std::nullopt;
  // What an order refers to must be there before it, or it would be refused.
  if (kind_ == Kind::kOrder && !orders_begun_ && settled_ < fresh_) return std::nullopt;
  orders_begun_ = kind_ == Kind::kOrder;
  const SteadyTime due = schedule_.due_at(fresh_, now);
  if (due > now || (index_ >= intended_ && !intend())) return std::nullopt;
  ++fresh_;
  ++in_flight_;
  return SeedCommand{kind_, index_++, due};
}

void CommandQueue::again(const SeedCommand& command, SteadyTime not_before) {
  --in_flight_;
  waiting_.push_back({command, not_before});
}

bool CommandQueue::find() {
  for (;;) {
    while (index_ < before_.shape().count(kind_) && before_.settled(kind_, index_)) ++index_;
    if (index_ < before_.shape().count(kind_)) return true;
    if (kind_ == Kind::kOrder) return false;
    kind_ = kind_ == Kind::kUser ? Kind::kProduct : Kind::kOrder;
    index_ = 0;
    intended_ = before_.intended(kind_);
  }
}

// Only what stands in an intent block that is on the disk may be sent.
bool CommandQueue::intend() {
  const std::uint64_t last = std::min(before_.shape().count(kind_), intended_ + kIntentBlock) - 1;
  problem_ = ledger_.intend({kind_, intended_, last});
  if (problem_.ok()) intended_ = last + 1;
  return problem_.ok();
}

}  // namespace cqrs::load
