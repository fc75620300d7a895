// Publishes the record: reads events in order of position and appends them to a log of partitions,
// as the one owner of a lease. A step function: no thread, clock or sleep inside.
#pragma once

#include "core/base/result.h"
#include "core/log/lease.h"
#include "core/log/publisher.h"
#include "core/write/history.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace cqrs {

struct RelayOptions {
  std::string lease = "relay";
  std::string owner;                          // tells replicas apart, for people
  std::chrono::milliseconds ttl{5'000};       // how long a dead relay keeps the others waiting
  std::chrono::milliseconds keep_every{100};  // progress is stored no more often while it moves
  std::size_t page = 4'000;                   // events per publish()
  // Told every page once it is durable in the log. May be empty.
  std::function<void(std::span<const Event>)> on_published = {};
};

struct RelayCounters {
  std::uint64_t published = 0;
  std::uint64_t takeovers = 0;  // times this one became the owner
};

// What must hold, whoever dies or is paused when: in each partition the first occurrence of every
// event stands in order of position, because every owner begins at or before the first event that
// is not confirmed and each writes in order. Two owners at once, one of them a zombie, therefore
// only repeat events. Progress never moves without the epoch that owns the lease.
class Relay {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // All three must outlive it and be used by nobody else meanwhile.
  Relay(History& record, EventPublisher& publisher, LeaseStore& leases, RelayOptions options)
      : record_(record), publisher_(publisher), leases_(leases), options_(std::move(options)) {}

  // One piece of work: becomes or stays the owner, publishes one page. The number of events
  // published; 0: nothing is new, or somebody else is the owner. Errors: unavailable (step again
  // later), corrupt (what was published is not of this record: a new topic prefix is needed),
  // invalid (an event that the log does not take).
  [[nodiscard]] Result<std::size_t> step(Time now);
  // Stores the progress and gives the lease up. Called before the end.
  void stop();

  [[nodiscard]] bool owns() const { return epoch_.has_value(); }
  // Published by whoever owns the lease, as far as this one knows.
  [[nodiscard]] Position position() const { return at_.position; }
  [[nodiscard]] const RelayCounters& counters() const { return counters_; }
  // When an owner has to step again to keep its lease.
  [[nodiscard]] Time renew_at() const { return renew_at_; }

 private:
  // True: this one is the owner now.
  [[nodiscard]] Result<bool> own(Time now);
  [[nodiscard]] Status take_up();
  [[nodiscard]] Status keep(Time now);
  [[nodiscard]] Status lost(const Status& status);
  void give_up();

  History& record_;
  EventPublisher& publisher_;
  LeaseStore& leases_;
  RelayOptions options_;
  std::optional<std::int64_t> epoch_;
  Time renew_at_{};
  Time kept_at_{};
  Published at_;
  Position kept_ = 0;
  RelayCounters counters_;
};

}  // namespace cqrs
