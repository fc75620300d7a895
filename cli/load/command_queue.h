// Which command of a seed may be sent next: users, products, and orders once everything that they
// can refer to has its outcome; what a ledger settled before is passed over; what came back without
// an outcome goes out again. Every fresh command stands in an intent block before it is handed out.
// No clock, no socket: times are passed in.
#pragma once

#include "core/verify/ledger_progress.h"

#include "cli/load/schedule.h"

#include <deque>
#include <optional>

namespace cqrs::load {

struct SeedCommand {
  Kind kind = Kind::kUser;
  std::uint64_t index = 0;
  SteadyTime scheduled{};
};

// Used by one thread.
class CommandQueue {
 public:
  // `before` and `ledger` outlive the queue. At most `max_in_flight` commands are handed out and
  // not given back at any time.
  CommandQueue(const LedgerProgress& before, LedgerWriter& ledger, const Schedule& schedule,
               std::uint64_t max_in_flight);

  // The next to be sent at `now`. Nothing when none is due, none may be sent yet, none is left, or
  // the ledger could not be written: see problem().
  [[nodiscard]] std::optional<SeedCommand> next(SteadyTime now);
  // Handed out, and its outcome is known now.
  void settle() {
    --in_flight_;
    ++settled_;
  }
  // Handed out, and its outcome is unknown: it is handed out again after `not_before`, and keeps
  // the time for which it was scheduled.
  void again(const SeedCommand& command, SteadyTime not_before);

  // Everything that this run has to send has its outcome.
  [[nodiscard]] bool finished() const { return settled_ == total_; }
  // Handed out at least once, and without an outcome.
  [[nodiscard]] std::uint64_t unsettled() const { return fresh_ - settled_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t sent() const { return fresh_; }  // a repetition is not counted
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::uint64_t room() const { return max_in_flight_ - in_flight_; }
  // Waiting to be sent again.
  [[nodiscard]] const auto& waiting() const { return waiting_; }
  [[nodiscard]] Kind kind() const { return kind_; }  // of the next fresh one
  // Why nothing more can be sent, if that is so.
  [[nodiscard]] const Status& problem() const { return problem_; }

 private:
  struct Waiting {
    SeedCommand command;
    SteadyTime not_before{};
  };
  // Moves to the next command that is not settled; false at the end.
  [[nodiscard]] bool find();
  [[nodiscard]] bool intend();

  const LedgerProgress& before_;
  LedgerWriter& ledger_;
  Schedule schedule_;
  std::uint64_t max_in_flight_;
  std::uint64_t total_;
  Kind kind_ = Kind::kUser;
  std::uint64_t index_ = 0;
  std::uint64_t intended_ = 0;  // of kind_
  std::uint64_t fresh_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t settled_ = 0;
  bool orders_begun_ = false;
  std::deque<Waiting> waiting_;
  Status problem_;
};

}  // namespace cqrs::load
