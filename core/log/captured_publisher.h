// The relay's publisher when a connector brings the events: it looks for them in the topics instead
// of writing them, and puts the watermark behind those that it has seen. What the connector can no
// longer bring it publishes itself, from the record. No clock inside: the topics' reader waits.
#pragma once

#include "core/log/capture.h"
#include "core/log/event_log.h"
#include "core/log/lease.h"
#include "core/log/publisher.h"
#include "core/write/history.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace cqrs {

struct CaptureCounters {
  std::uint64_t slots_made = 0;  // for the first time, or in place of one that was lost
  std::uint64_t healed = 0;      // events that were published by this one
};

// All must outlive it and be used by nobody else meanwhile, but for `record`, which the relay may
// use between two calls.
struct CaptureParts {
  History& record;
  EventLog& topics;
  EventPublisher& own;
  LeaseStore& leases;
  CaptureSlot& slot;
  Connector& connector;
};

// What must hold: a watermark is written only behind events that were read in the topics, event by
// event of the record. So a slot that was lost, made anew or moved by anybody, a connector that
// leaves records out, and topics that were emptied all show as an event that is missing.
class CapturedPublisher final : public EventPublisher {
 public:
  CapturedPublisher(const CaptureParts& parts, std::string lease)
      : parts_(parts), lease_(std::move(lease)) {}

  // Sees to slot and connector; to be called now and then by the owner of the lease. `published`:
  // how far the topics are known to be complete. Error unavailable: what keeps events from
  // arriving, in words for people.
  [[nodiscard]] Status tend(Position published);

  // Waits about a second for what is missing. Errors also: unavailable (the connector has not
  // brought all of it yet), corrupt (another event stands in the topics at that position).
  [[nodiscard]] Result<Cursor> publish(std::span<const Event> events,
                                       Position complete_to) override;
  [[nodiscard]] Status mark(Position after, Position complete_to) override;

  [[nodiscard]] const CaptureCounters& counters() const { return counters_; }

 private:
  // A place in the topics, and the largest position that was read before it.
  struct Stand {
    Cursor cursor;
    Position largest = 0;
  };
  struct Search {
    const Event* missing = nullptr;  // the first that is not in the topics; none: all are
    bool at_end = false;             // and nothing more was there to be read
  };

  [[nodiscard]] Status begin();
  [[nodiscard]] Result<Search> look_for(std::span<const Event> events);
  [[nodiscard]] Result<bool> seen(const Event& event) const;
  [[nodiscard]] Status read_on(bool& quiet);
  [[nodiscard]] Result<bool> is_lost(const Event& missing, std::span<const Event> events);
  [[nodiscard]] Status publish_missing(std::span<const Event> events, Position complete_to);
  [[nodiscard]] Result<Cursor> begin_anew(std::span<const Event> events, Position complete_to);
  [[nodiscard]] Cursor complete(Position position);
  [[nodiscard]] Status set_up(const SlotState& slot, ConnectorState state);

  CaptureParts parts_;
  std::string lease_;
  // Not complete yet, but in the topics.
  std::map<Position, Uuid> seen_;
  // From the last one behind which everything that is not complete must stand; empty: not begun.
  std::deque<Stand> stands_;
  Position complete_ = 0;
  // Before the connector goes on, everything up to here is published from the record.
  std::optional<Position> heal_to_;
  // A missing event, and the end of the journal when it was visible already.
  Position asked_for_ = 0;
  JournalPosition written_before_ = 0;
  CaptureCounters counters_;
};

}  // namespace cqrs
