#include "core/log/captured_publisher.h"

#include <algorithm>
#include <utility>

namespace cqrs {
namespace {

constexpr std::size_t kPage = 4'000;
// So many reads in a row that bring nothing, each of which waits a moment, are the end of the
// topics for now.
constexpr int kQuietReads = 10;
// A call ends even while others write faster than it reads.
constexpr int kMostReads = 250;

Error not_yet(const std::string& what) { return make_error(ErrorCode::kUnavailable, what); }

std::string at(Position position) { return "position " + std::to_string(position); }

}  // namespace

Status CapturedPublisher::tend(Position published) {
  auto slot = parts_.slot.look();
  if (!slot) return slot.error();
  auto connector = parts_.connector.look();
  if (!connector) return connector.error();
  const bool idle =
      connector->state == ConnectorState::kAbsent || connector->state == ConnectorState::kStopped;
  if (!slot->usable || (idle && !heal_to_)) CQRS_TRY(set_up(*slot, connector->state));
  if (heal_to_) {
    if (published < *heal_to_) {
      return not_yet("the connector waits until the topics are filled from the record up to " +
                     at(*heal_to_) + ", for what was committed without its slot");
    }
    CQRS_TRY(parts_.connector.run());
    heal_to_.reset();
    return {};
  }
  switch (connector->state) {
    case ConnectorState::kPaused:
      return not_yet("the connector is paused: resume it in Kafka Connect");
    case ConnectorState::kFailed:
      CQRS_TRY(parts_.connector.run());
      return not_yet("the connector failed and is started again: " + connector->trouble);
    default:
      return connector->outdated ? parts_.connector.run() : Status();
  }
}

// The head is read after the slot is there: what is committed later, the slot hands out. A
// connector that stands still may have left anything out, so it, too, begins behind what is in the
// record now.
Status CapturedPublisher::set_up(const SlotState& slot, ConnectorState state) {
  if (!slot.usable) {
    if (state != ConnectorState::kAbsent) CQRS_TRY(parts_.connector.stop());
    CQRS_TRY(parts_.slot.make());
    ++counters_.slots_made;
  }
  auto head = parts_.record.head();
  if (!head) return head.error();
  heal_to_ = *head;
  return {};
}

Result<Cursor> CapturedPublisher::publish(std::span<const Event> events, Position complete_to) {
  if (events.empty()) {
    CQRS_TRY(mark(complete_, complete_to));
    return complete(complete_to);
  }
  CQRS_TRY(begin());
  const bool heals = heal_to_ && events.front().position <= *heal_to_;
  if (heals) {
    CQRS_TRY(publish_missing(events, complete_to));
  }
  auto found = look_for(events);
  if (!found && found.error().code == ErrorCode::kNotFound) return begin_anew(events, complete_to);
  if (!found) return found.error();
  if (found->missing != nullptr && !heals) {
    auto lost = is_lost(*found->missing, events);
    if (!lost) return lost.error();
    if (!*lost) {
      return not_yet("the connector has not brought the event at " + at(found->missing->position) +
                     " yet");
    }
    CQRS_TRY(publish_missing(events, complete_to));
    found = look_for(events);
    if (!found) return found.error();
  }
  if (found->missing != nullptr) {
    return not_yet("the event at " + at(found->missing->position) +
                   " was published and is not to be read in the topics yet");
  }
  // Everything before it is complete as well: the relay leaves nothing out between two calls.
  CQRS_TRY(mark(std::min(complete_, events.front().position - 1), complete_to));
  return complete(complete_to);
}

Status CapturedPublisher::mark(Position after, Position complete_to) {
  return parts_.own.mark(after, complete_to);
}

// Where the last owner of the lease stood: everything that it did not confirm stands behind it.
Status CapturedPublisher::begin() {
  if (!stands_.empty()) return {};
  auto published = parts_.leases.published(lease_);
  if (!published) return published.error();
  complete_ = published->position;
  seen_.clear();
  stands_.push_back({std::move(published->cursor), complete_});
  return {};
}

Result<CapturedPublisher::Search> CapturedPublisher::look_for(std::span<const Event> events) {
  std::size_t next = 0;
  int quiet_reads = 0;
  for (int reads = 0;; ++reads) {
    for (; next < events.size(); ++next) {
      auto there = seen(events[next]);
      if (!there) return there.error();
      if (!*there) break;
    }
    if (next == events.size()) return Search{};
    if (quiet_reads == kQuietReads) return Search{&events[next], true};
    if (reads == kMostReads) return Search{&events[next], false};
    bool quiet = false;
    CQRS_TRY(read_on(quiet));
    quiet_reads = quiet ? quiet_reads + 1 : 0;
  }
}

Result<bool> CapturedPublisher::seen(const Event& event) const {
  if (event.position <= complete_) return true;  // a lease came back that stood further behind
  const auto found = seen_.find(event.position);
  if (found == seen_.end()) return false;
  if (found->second == event.event_id) return true;
  return make_error(
      ErrorCode::kCorrupt,
      "the topics were filled from another record than this one: " + at(event.position) +
          " differs. Give this system topics of its own (another namespace)");
}

Status CapturedPublisher::read_on(bool& quiet) {
  auto page = parts_.topics.read(stands_.back().cursor, kPage);
  if (!page) return page.error();
  quiet = page->events.empty();
  Position largest = stands_.back().largest;
  for (const auto& event : page->events) {
    if (event.position > complete_) seen_.try_emplace(event.position, event.event_id);
    largest = std::max(largest, event.position);
  }
  if (largest == stands_.back().largest) {
    stands_.back().cursor = std::move(page->next);
  } else {
    stands_.push_back({std::move(page->next), largest});
  }
  return {};
}

// Lost is what the slot will never hand out again, and what is not in the topics although these
// were read to their end since.
Result<bool> CapturedPublisher::is_lost(const Event& missing, std::span<const Event> events) {
  if (asked_for_ != missing.position) {
    auto end = parts_.slot.journal_end();
    if (!end) return end.error();
    asked_for_ = missing.position;
    written_before_ = *end;
    return false;
  }
  auto slot = parts_.slot.look();
  if (!slot) return slot.error();
  if (!slot->usable || slot->confirmed < written_before_) return false;
  auto again = look_for(events);
  if (!again) return again.error();
  return again->missing != nullptr && again->missing->position == missing.position && again->at_end;
}

// From the first that is missing on: the topics then hold them in order, whatever of them comes
// once more.
Status CapturedPublisher::publish_missing(std::span<const Event> events, Position complete_to) {
  auto done = parts_.own.publish(events, complete_to);
  if (!done) return done.error();
  counters_.healed += events.size();
  return {};
}

// The topics no longer hold where this one stood. What somebody else wrote before the new place is
// not seen from there, and therefore published once more.
Result<Cursor> CapturedPublisher::begin_anew(std::span<const Event> events, Position complete_to) {
  auto cursor = parts_.own.publish(events, complete_to);
  if (!cursor) return cursor.error();
  counters_.healed += events.size();
  seen_.clear();
  complete_ = complete_to;
  stands_.assign(1, {*cursor, complete_to});
  return cursor;
}

// The cursor is the newest place before which nothing larger was read.
Cursor CapturedPublisher::complete(Position position) {
  complete_ = std::max(complete_, position);
  seen_.erase(seen_.begin(), seen_.upper_bound(position));
  while (stands_.size() > 1 && stands_[1].largest <= position) stands_.pop_front();
  return stands_.empty() ? Cursor() : stands_.front().cursor;
}

}  // namespace cqrs
