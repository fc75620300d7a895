// One seed on its way: takes commands from the queue, sends them one by one or in batches, and
// turns every answer into an outcome in the ledger.
#pragma once

#include "core/base/clock.h"

#include "cli/load/command_queue.h"
#include "cli/load/seed_run.h"
#include "cli/load/seed_wire.h"
#include "cli/load/staleness_probe.h"
#include "cli/output/progress.h"

#include <atomic>
#include <deque>
#include <string>
#include <vector>

namespace cqrs {

// What a sender works with; all of it outlives the sender.
struct SeedParts {
  const SeedPlan& plan;
  const load::Endpoint& endpoint;
  const load::Schedule& schedule;
  const Generator& generator;
  LedgerWriter& ledger;
  load::CommandQueue& queue;
  load::StalenessProbe& probe;
  Progress& progress;
  SeedResult& result;
  const std::atomic<bool>& interrupted;
};

// Used by one thread.
class SeedSender {
 public:
  explicit SeedSender(const SeedParts& parts);
  // Until everything has its outcome, nothing has moved for `plan.patience`, or it was interrupted:
  // then the answers in flight are awaited for a moment. What is unknown at the end is recorded so.
  // Errors: unavailable (never connected; ledger).
  [[nodiscard]] Status run();

 private:
  using Time = load::SteadyTime;
  // A request on its way.
  struct Request {
    std::vector<load::SeedCommand> commands;
    Time sent{};
    std::string refusal;  // not empty: a look at what stands in the way of the one command
  };
  // A command whose id is taken, perhaps by itself: the entity must be looked at.
  struct Look {
    load::SeedCommand command;
    std::string refusal;
    Time not_before{};
  };

  [[nodiscard]] bool next(load::Prepared& request);
  [[nodiscard]] bool next_look(load::Prepared& prepared, Time now);
  [[nodiscard]] bool fill_batch(std::vector<load::SeedCommand>& commands, Time now);
  void done(const load::Answer& answer);
  void batch_done(const Request& request, const load::Answer& answer);
  void look_done(const Request& request, const load::Answer& answer);
  void settle(const load::SeedCommand& command, const load::CommandAnswer& said,
              std::string_view text, Time completed);
  void acknowledge(const load::SeedCommand& command, const load::CommandAnswer& said);
  void reject(const load::SeedCommand& command, std::string_view text);
  void record(const load::SeedCommand& command, LedgerStatus status,
              const load::CommandAnswer& said);
  void sent(const load::SeedCommand& command, std::uint64_t repeated_before, Time now);
  void measure(const Request& request, Time completed, std::uint64_t settled);
  void tick();
  void report_progress(Time now);
  [[nodiscard]] bool more_to_come();
  [[nodiscard]] bool may_send(Time now) const;
  [[nodiscard]] bool stuck(Time now) const;
  void give_up_rest();
  [[nodiscard]] std::uint64_t take_slot();

  const SeedParts parts_;
  const SeedPlan& plan_;
  load::CommandQueue& queue_;
  SeedResult& result_;
  load::SeedWire wire_;
  SystemClock clock_;
  std::deque<Request> requests_;
  std::vector<std::uint64_t> free_;
  std::deque<Look> looks_;
  std::atomic<bool> stop_{false};
  Time last_sync_;
  Time last_progress_;
  Time last_sent_;
  Time interrupted_at_{};
  Timestamp now_;  // of the answer that is being worked on
  std::uint64_t errors_ = 0;
  Status problem_;
};

}  // namespace cqrs
