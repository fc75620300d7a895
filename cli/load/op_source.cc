#include "cli/load/op_source.h"

#include "core/base/hash.h"

#include <algorithm>

namespace cqrs::load {
namespace {

// Clients of the closed model of one thread: client c of all belongs to thread c % count.
std::size_t clients_of(const ArrivalModel& arrival, const Share& share) {
  const std::uint64_t all = arrival.clients;
  if (share.index >= all) return 0;
  return (all - share.index - 1) / share.count + 1;
}

}  // namespace

OpSource::OpSource(const Scenario& scenario, const OpValues& values, Share share, SteadyTime start)
    : scenario_(scenario),
      values_(values),
      share_(share),
      start_(start),
      arrivals_(scenario, values.generator().shape().seed),
      closed_number_(share.index) {
  const std::uint64_t seed = values.generator().shape().seed;
  for (const Phase& phase : scenario.phases) choosers_.emplace_back(phase.mix, seed);
  const std::uint64_t orders = values.generator().shape().orders;
  own_.add_pending_orders(share.index, share.count, orders);
  if (scenario.closed()) {
    enter_phase(start);
  } else {
    find_mine();
  }
}

void OpSource::find_mine() {
  do {
    coming_ = arrivals_.next();
  } while (coming_ && coming_->number % share_.count != share_.index);
}

SteadyTime OpSource::end_of(std::size_t phase) const {
  SteadyTime end = start_;
  for (std::size_t i = 0; i <= phase; ++i) end += scenario_.phases[i].duration;
  return end;
}

void OpSource::enter_phase(SteadyTime now) {
  while (phase_ < scenario_.phases.size() && now >= end_of(phase_)) ++phase_;
  if (phase_ == scenario_.phases.size()) return clients_.clear();
  // Who is not needed any more ends with the answer that it waits for.
  const std::size_t wanted = clients_of(scenario_.phases[phase_].arrival, share_);
  if (clients_.size() < wanted) clients_.resize(wanted, Client{std::max(now, start_), false});
}

std::optional<ScheduledOp> OpSource::next(SteadyTime now) {
  if (scenario_.closed()) return next_closed(now);
  if (!coming_ || start_ + coming_->offset > now) return std::nullopt;
  const Arrival arrival = *coming_;
  find_mine();
  return make(arrival.number, static_cast<std::uint32_t>(arrival.phase), start_ + arrival.offset);
}

std::optional<ScheduledOp> OpSource::next_closed(SteadyTime now) {
  enter_phase(now);
  if (phase_ >= scenario_.phases.size()) return std::nullopt;
  const std::size_t active =
      std::min(clients_.size(), clients_of(scenario_.phases[phase_].arrival, share_));
  for (std::size_t i = 0; i < active; ++i) {
    Client& client = clients_[i];
    if (client.busy || client.ready > now) continue;
    client.busy = true;
    ScheduledOp op = make(closed_number_, static_cast<std::uint32_t>(phase_), now);
    closed_number_ += share_.count;
    op.client = static_cast<std::uint32_t>(i);
    return op;
  }
  return std::nullopt;
}

void OpSource::answered(std::uint32_t client, SteadyTime now) {
  if (client >= clients_.size()) return;
  clients_[client].busy = false;
  clients_[client].ready =
      now + scenario_.phases[std::min(phase_, scenario_.phases.size() - 1)].arrival.think;
}

SteadyTime OpSource::due() const {
  if (!scenario_.closed()) return coming_ ? start_ + coming_->offset : SteadyTime::max();
  SteadyTime first = SteadyTime::max();
  for (const Client& client : clients_) {
    if (!client.busy) first = std::min(first, client.ready);
  }
  return first;
}

bool OpSource::finished(SteadyTime now) const {
  if (!scenario_.closed()) return !coming_.has_value();
  return now >= end_of(scenario_.phases.size() - 1);
}

ScheduledOp OpSource::make(std::uint64_t number, std::uint32_t phase, SteadyTime scheduled) {
  ScheduledOp out;
  out.scheduled = scheduled;
  out.phase = phase;
  out.op.number = number;
  out.op.operation = choosers_[phase].choose(number);
  const OperationInfo* info = &info_of(out.op.operation);
  auto target = choose_target(*info, number);
  if (!target) {
    out.substituted = true;
    out.op.operation = creation_of(info->kind);
    target = values_.fresh_index(info->kind, number);
  }
  out.op.index = *target;
  return out;
}

std::optional<std::uint64_t> OpSource::choose_target(const OperationInfo& info,
                                                     std::uint64_t number) {
  const WorkloadShape& data = values_.generator().shape();
  const std::uint64_t bits = mix64(mix64(data.seed + 0x7A67) ^ number);
  switch (info.target) {
    case OperationTarget::kFresh:
      return values_.fresh_index(info.kind, number);
    case OperationTarget::kNone:
      return bits;
    case OperationTarget::kOwn:
      return own_.take(info.operation);
    case OperationTarget::kChosen:
      if (data.count(info.kind) == 0) return own_.any(info.kind, bits);
      return values_.choose(info.kind, bits);
  }
  return std::nullopt;
}

}  // namespace cqrs::load
