// Which operations one thread of a load sends, and when: its share of the schedule, each with the
// entity that it is about. Knows no clock and no socket: times are passed in.
#pragma once

#include "core/workload/arrival.h"
#include "core/workload/op_values.h"
#include "core/workload/scenario.h"

#include "cli/load/schedule.h"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace cqrs::load {

// Thread `index` of `count`, counted over all threads of all shards.
struct Share {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
};

struct ScheduledOp {
  Op op;
  SteadyTime scheduled{};
  std::uint32_t phase = 0;
  std::uint32_t client = 0;  // closed model
  bool substituted = false;  // a creation, because there was nothing to act on
};

// Entities that this thread made, by what can be done to them next. An entity that was taken is
// nobody else's until it is given back with what became of it.
class OwnEntities {
 public:
  // What `operation` may act on. Nothing when there is none.
  [[nodiscard]] std::optional<std::uint64_t> take(Operation operation);
  // `operation` was acknowledged for the entity.
  void put(Operation operation, std::uint64_t index);
  // Orders that were there before, all pending: `index` and every `step`-th after it below `end`.
  void add_pending_orders(std::uint64_t index, std::uint64_t step, std::uint64_t end);
  // Any entity that was made here and not deleted, chosen by random bits.
  [[nodiscard]] std::optional<std::uint64_t> any(Kind kind, std::uint64_t bits) const;

 private:
  enum State : std::size_t { kActive, kInactive, kPending, kConfirmed, kPaid, kShipped, kStates };
  using Pool = std::deque<std::uint64_t>;
  [[nodiscard]] Pool& pool(Kind kind, State state) { return pools_[kind_index(kind)][state]; }
  [[nodiscard]] std::optional<std::uint64_t> take_from(Kind kind, State state);
  [[nodiscard]] std::optional<std::uint64_t> take_pending();
  void remember(Kind kind, std::uint64_t index);
  void forget(Kind kind, std::uint64_t index);

  std::array<std::array<Pool, kStates>, kAllKinds.size()> pools_;
  std::uint64_t pending_next_ = 0, pending_step_ = 1, pending_end_ = 0;
  std::array<std::vector<std::uint64_t>, kAllKinds.size()> seen_;  // the latest, bounded
  std::array<std::size_t, kAllKinds.size()> seen_at_{};
};

class OpSource {
 public:
  // `scenario` and `values` outlive it.
  OpSource(const Scenario& scenario, const OpValues& values, Share share, SteadyTime start);

  // The next that is due at `now`; nothing when none is.
  [[nodiscard]] std::optional<ScheduledOp> next(SteadyTime now);
  // When next() will give something, as far as is known: max() after the end, and while every
  // client of the closed model waits for an answer.
  [[nodiscard]] SteadyTime due() const;
  // Nothing more will come, whatever is answered.
  [[nodiscard]] bool finished(SteadyTime now) const;
  // What became of an operation: entities that it leaves behind may be acted upon.
  void acknowledged(const Op& op) { own_.put(op.operation, op.index); }
  // Closed model: the client has its answer, and thinks from `now` on.
  void answered(std::uint32_t client, SteadyTime now);

 private:
  struct Client {
    SteadyTime ready{};
    bool busy = false;
  };
  [[nodiscard]] std::optional<ScheduledOp> next_closed(SteadyTime now);
  [[nodiscard]] ScheduledOp make(std::uint64_t number, std::uint32_t phase, SteadyTime scheduled);
  [[nodiscard]] std::optional<std::uint64_t> choose_target(const OperationInfo& info,
                                                           std::uint64_t number);
  void find_mine();
  void enter_phase(SteadyTime now);
  [[nodiscard]] SteadyTime end_of(std::size_t phase) const;

  const Scenario& scenario_;
  const OpValues& values_;
  const Share share_;
  const SteadyTime start_;
  ArrivalStream arrivals_;
  std::vector<OperationChooser> choosers_;  // by phase
  OwnEntities own_;
  std::optional<Arrival> coming_;  // open model: the next of this thread
  std::vector<Client> clients_;    // closed model
  std::size_t phase_ = 0;
  std::uint64_t closed_number_ = 0;
};

}  // namespace cqrs::load
