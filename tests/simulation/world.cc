#include "tests/simulation/world.h"

#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/write/command_handler.h"

#include "tests/simulation/diced_lane.h"
#include "tests/support/builders.h"
#include "tests/support/history.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::simulation {
namespace {

constexpr int kActions = 40;
constexpr std::size_t kPage = 6;
constexpr int kStepsToSettle = 500;

// Redelivers by going back and shuffles every page. Honest about completeness: a page holds exactly
// the events between two positions, in whatever order.
class UnreliableLog final : public EventLog {
 public:
  UnreliableLog(History& history, support::Random& random, std::uint64_t rewind_percent)
      : tail_(history), random_(random), rewind_percent_(rewind_percent) {}
  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    Cursor from = cursor;
    if (random_.percent(rewind_percent_) && !cursor.text.empty()) {
      const auto back = static_cast<Position>(random_.below(2 * max));
      from = TableTail::after(std::max<Position>(0, std::stoll(cursor.text) - back));
    }
    auto page = tail_.read(from, max);
    if (!page || rewind_percent_ == 0) return page;
    auto& events = page->events;
    for (std::size_t i = events.size(); i > 1; --i) {
      std::swap(events[i - 1], events[random_.below(i)]);
    }
    return page;
  }

 private:
  TableTail tail_;
  support::Random& random_;
  std::uint64_t rewind_percent_;
};

class World {
 public:
  World(std::uint64_t seed, PlantedBug bug) : random_(seed), bug_(bug), clients_(random_) {
    // A swarm: each kind of fault is on or off for the whole run, so that quiet worlds occur too.
    for (auto& percent : fault_percent_) percent = random_.percent(50) ? 1 + random_.below(8) : 0;
    rewind_percent_ = random_.percent(50) ? 10 + random_.below(30) : 0;
    overlaps_ = random_.percent(50);
    start_command_process();
  }

  Violation run() {
    for (int action = 0; action < kActions; ++action) {
      clock_.advance(std::chrono::milliseconds(random_.below(3)));
      if (auto violation = act()) return violation;
      if (auto violation = check_progress()) return violation;
    }
    return settle();
  }

 private:
  struct ProjectorProcess {
    std::unique_ptr<History> history;
    std::unique_ptr<EventLog> log;
    std::unique_ptr<ProjectionStore> store;
    std::unique_ptr<CommitLane> lane;
    std::unique_ptr<Projector> projector;
  };

  memory::FaultPlan plan() {
    return [this](std::string_view /*call*/) {
      if (quiet_) return memory::Fault::kNone;
      for (std::size_t kind = 0; kind < fault_percent_.size(); ++kind) {
        if (random_.percent(fault_percent_[kind])) return static_cast<memory::Fault>(kind + 1);
      }
      return memory::Fault::kNone;
    };
  }

  void start_command_process() {
    handler_.reset();
    write_store_ = plant(bug_, memory::open_write_store(record_, plan()), random_);
    handler_ = std::make_unique<CommandHandler>(*write_store_, clock_, random_.next());
  }

  // Takes over from whoever projects now. False: it could not start, or crashed doing so.
  bool start_projector() {
    ProjectorProcess process;
    process.history = plant(bug_, memory::open_history(record_, plan()));
    process.log =
        plant(bug_, std::make_unique<UnreliableLog>(*process.history, random_, rewind_percent_));
    process.store = plant(bug_, memory::open_projection_store(views_, plan()), random_, views_);
    if (overlaps_) process.lane = std::make_unique<DicedLane>(random_);
    process.projector = std::make_unique<Projector>(*process.log, *process.history, *process.store,
                                                    process.lane.get());
    try {
      if (!process.projector->start().ok()) return false;
    } catch (const memory::Crash&) {
      return false;
    }
    if (owner_.projector) former_ = std::move(owner_);
    owner_ = std::move(process);
    return true;
  }

  Violation act() {
    const auto dice = random_.below(100);
    if (dice < 45) return send_batch(clients_.next_batch());
    if (dice < 85) return step_owner();
    if (dice < 92) return step_former();
    if (dice < 96) {
      (void)start_projector();
      return std::nullopt;
    }
    const auto events = record_.events.size();
    auto violation = send_batch(clients_.acknowledged_again());
    if (!violation && record_.events.size() != events) {
      return "retries of acknowledged commands had a second effect";
    }
    return violation;
  }

  Violation send_batch(const std::vector<Command>& batch) {
    try {
      return clients_.answer(handler_->execute(batch));
    } catch (const memory::Crash&) {
      clients_.lost();
      start_command_process();
      return std::nullopt;
    }
  }

  Violation step_owner() {
    if (!owner_.projector && !start_projector()) return std::nullopt;
    try {
      const auto consumed = owner_.projector->step(1 + random_.below(kPage));
      if (consumed.ok() || consumed.error().retryable()) return std::nullopt;
      return owner_failed(consumed.error());
    } catch (const memory::Crash&) {
      owner_ = {};
      return std::nullopt;
    }
  }

  // A takeover whose answer got lost, or that crashed, is still a takeover: start again.
  Violation owner_failed(const Error& error) {
    owner_ = {};
    if (error.code == ErrorCode::kVersionConflict) return std::nullopt;
    return "the projector stopped: " + error.message;
  }

  Violation step_former() {
    if (!former_.projector) return std::nullopt;
    try {
      const auto consumed = former_.projector->step(kPage);
      if (consumed.ok() && *consumed > 0) return "a projector that was replaced still commits";
      if (!consumed.ok() && !consumed.error().retryable()) former_ = {};
    } catch (const memory::Crash&) {
      former_ = {};
    }
    return std::nullopt;
  }

  // What must hold after every single action.
  Violation check_progress() {
    const Position applied = views_.checkpoint.applied;
    const auto head = static_cast<Position>(record_.events.size());
    if (applied < applied_) return "the checkpoint went back to " + std::to_string(applied);
    if (applied > head) return "the checkpoint is ahead of the record";
    for (Position at = applied_ + 1; at <= applied; ++at) {
      const Event& event = record_.events[static_cast<std::size_t>(at - 1)];
      const auto row = views_.rows.find(event.stream);
      if (row == views_.rows.end() || row->second.version < event.version) {
        return "the checkpoint is ahead of its view at position " + std::to_string(at);
      }
    }
    applied_ = applied;
    for (const auto& [key, row] : views_.rows) {
      auto& version = versions_[key];
      if (row.version < version) return "a row went back to version " + std::to_string(row.version);
      version = row.version;
    }
    return std::nullopt;
  }

  // Faults end: the lag must return to zero, and then everything must agree.
  Violation settle() {
    quiet_ = true;
    const auto head = static_cast<Position>(record_.events.size());
    (void)start_projector();
    for (int step = 0; views_.checkpoint.applied < head; ++step) {
      if (step == kStepsToSettle) return "the lag does not return to zero";
      if (auto violation = step_owner()) return violation;
      if (auto violation = check_progress()) return violation;
    }
    if (auto violation = clients_.check_record(record_)) return violation;
    if (auto violation = send_batch(clients_.acknowledged_again())) return violation;
    if (record_.events.size() != static_cast<std::size_t>(head)) {
      return "retries of acknowledged commands had a second effect";
    }
    return check_agreement();
  }

  Violation check_agreement() {
    const auto expected = support::fold_rows(record_.events);
    if (auto text = support::difference(expected, views_.rows); !text.empty()) return text;
    if (record_.streams.size() != expected.size()) return "streams are not the fold of the events";
    for (const auto& [key, stream] : record_.streams) {
      const auto row = expected.find(key);
      if (row == expected.end() || row->second.version != stream.version ||
          row->second.digest != stream.digest || row->second.position != stream.position) {
        return "stream " + to_string(key.id) + " is not the fold of its events";
      }
    }
    if (!views_.parked.empty())
      return "an event was parked: " + views_.parked.begin()->second.reason;
    return std::nullopt;
  }

  support::Random random_;
  PlantedBug bug_;
  std::array<std::uint64_t, 4> fault_percent_{};
  std::uint64_t rewind_percent_ = 0;
  bool overlaps_ = false;
  bool quiet_ = false;
  ManualClock clock_{support::kNow};
  memory::MemoryRecord record_;
  memory::MemoryViews views_;
  Clients clients_;
  std::unique_ptr<WriteStore> write_store_;
  std::unique_ptr<CommandHandler> handler_;
  ProjectorProcess owner_;
  ProjectorProcess former_;
  Position applied_ = 0;
  std::map<StreamKey, std::int64_t> versions_;
};

}  // namespace

Violation simulate(std::uint64_t seed, PlantedBug bug) { return World(seed, bug).run(); }

}  // namespace cqrs::simulation
