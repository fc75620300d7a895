#include "core/log/relay.h"

namespace cqrs {

Result<std::size_t> Relay::step(Time now) {
  auto owner = own(now);
  if (!owner) return owner.error();
  if (!*owner) return std::size_t{0};
  auto events = record_.read(at_.position, options_.page);
  if (!events) return events.error();
  if (events->empty()) {
    CQRS_TRY(keep(now));
    return std::size_t{0};
  }
  const Event& last = events->back();
  auto cursor = publisher_.publish(*events, last.position);
  if (!cursor) return cursor.error();
  at_ = {last.position, last.event_id, std::move(*cursor)};
  counters_.published += events->size();
  if (options_.on_published) options_.on_published(*events);
  if (now >= kept_at_ + options_.keep_every) CQRS_TRY(keep(now));
  return events->size();
}

Result<bool> Relay::own(Time now) {
  if (epoch_ && now < renew_at_) return true;
  // Counted from before the call: the store counts from when it arrives, which is later.
  const Time renew_at = now + options_.ttl / 3;
  if (epoch_) {
    CQRS_TRY(lost(leases_.renew(options_.lease, *epoch_, options_.ttl)));
    renew_at_ = renew_at;
    return epoch_.has_value();
  }
  auto epoch = leases_.acquire(options_.lease, options_.owner, options_.ttl);
  if (!epoch) return epoch.error();
  if (!*epoch) return false;
  epoch_ = *epoch;
  renew_at_ = renew_at;
  if (auto status = take_up(); !status) {
    // Not stop(): what this one reached under an earlier epoch is not the progress any more.
    give_up();
    return status.error();
  }
  ++counters_.takeovers;
  return true;
}

// Goes on where the last owner's progress stands, which must be an event of this very record.
Status Relay::take_up() {
  auto published = leases_.published(options_.lease);
  if (!published) return published.error();
  at_ = std::move(*published);
  kept_ = at_.position;
  if (at_.position == 0) return {};
  auto events = record_.read(at_.position - 1, 1);
  if (!events) return events.error();
  if (!events->empty() && events->front().event_id == at_.event_id) return {};
  return make_error(ErrorCode::kCorrupt,
                    "the topics were filled from another record than this one: position " +
                        std::to_string(at_.position) +
                        " differs. Give this system topics of its own (another namespace)");
}

Status Relay::keep(Time now) {
  if (at_.position == kept_) return {};
  CQRS_TRY(lost(leases_.advance(options_.lease, *epoch_, at_)));
  if (!epoch_) return {};
  kept_ = at_.position;
  kept_at_ = now;
  return {};
}

// Whoever took over goes on; this one begins anew when it is its turn again.
Status Relay::lost(const Status& status) {
  if (status.ok() || status.error().code != ErrorCode::kVersionConflict) return status;
  epoch_.reset();
  return {};
}

void Relay::stop() {
  if (!epoch_) return;
  (void)keep(kept_at_);
  give_up();
}

void Relay::give_up() {
  if (epoch_) (void)leases_.release(options_.lease, *epoch_);
  epoch_.reset();
}

}  // namespace cqrs
