// Topics of a test's own in the real broker, events to put there, and what only the driver can do:
// look at raw records, write foreign ones, cut partitions, change settings.
#pragma once

#include "core/adapters/kafka/log.h"
#include "core/adapters/kafka/records.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cqrs::kafka {

// Of any entity, with everything set; 40 per kind, all kinds in turn. Versions follow the
// positions.
[[nodiscard]] Event event_at(Position position);
[[nodiscard]] std::vector<Event> events_of(Position first, Position last);

struct RawRecord {
  int partition = 0;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

class KafkaTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void publish(EventPublisher& publisher, Position first, Position last);
  [[nodiscard]] std::unique_ptr<EventPublisher> publisher() const;
  [[nodiscard]] std::unique_ptr<EventLog> log(ReadCounters* counters = nullptr) const;

  struct Seen {
    std::vector<Event> events;
    Cursor next;
    // After each page:
    std::vector<Cursor> cursors;
    std::vector<Position> complete;
    std::vector<std::size_t> taken;  // events
  };
  // Pages of `max` until everything up to `position` is complete, for 20 s at most.
  [[nodiscard]] static Seen read_to(EventLog& log, const Cursor& from, Position position,
                                    std::size_t max = 1'000);
  // The first error within 20 s.
  [[nodiscard]] static Error error_of(EventLog& log, Cursor from);

  [[nodiscard]] std::vector<RawRecord> raw_records(Kind kind, std::size_t count) const;
  void produce_raw(Kind kind, const RawRecord& record) const;
  void watermark_raw(Kind kind, int partition, const Watermark& watermark) const;
  // Removes what stands before the offset.
  void delete_records(Kind kind, int partition, std::int64_t before) const;
  void set_topic(Kind kind, const char* name, const char* value) const;
  void create_raw(Kind kind, const char* cleanup_policy) const;

  Options options_;
};

// Positions of events in the order of the events.
[[nodiscard]] std::vector<Position> positions(const std::vector<Event>& events);
// Whether each entity's versions come in order: repetitions are allowed, gaps and steps back beyond
// what was seen are not.
[[nodiscard]] bool in_order(const std::vector<Event>& events);

}  // namespace cqrs::kafka
