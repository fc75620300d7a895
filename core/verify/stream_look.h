// The second look at one entity of the record: its events and its stream read afresh, and what is
// wrong with them named. Internal to the record edge.
#pragma once

#include "core/verify/record_edge.h"

#include <optional>
#include <vector>

namespace cqrs {

inline constexpr const char* kRecordName = "events table";

class StreamLook {
 public:
  // All must outlive it.
  StreamLook(EventAudit& record, EntitySource& streams, bool deep, const Scope& scope,
             Findings& findings)
      : record_(record), streams_(streams), deep_(deep), scope_(scope), findings_(findings) {}

  // Adds what it finds to the findings, gaps and rows fetched to `check`.
  [[nodiscard]] Status look(const StreamKey& key, RecordCheck& check);

 private:
  // The stream before and after its events were read: the earlier one can have no version without
  // an event, the later one none less than the events.
  struct Seen {
    std::optional<EntityRow> before, after;
    std::vector<Event> events;
  };
  [[nodiscard]] bool report_order(const Seen& seen, const StreamKey& key);
  void report_gap(const StreamKey& key, const Event& event, std::int64_t last_version,
                  Position last_position);
  [[nodiscard]] static Finding about(Difference kind, const StreamKey& key, const Event& event,
                                     std::string expected, std::string actual);
  void report_stream(const Seen& seen, const StreamKey& key);
  void report_tail(const EntityRow& row, std::int64_t last, Finding finding);
  [[nodiscard]] bool differs(const Seen& seen, const StreamKey& key, Finding& finding) const;

  EventAudit& record_;
  EntitySource& streams_;
  bool deep_;
  const Scope& scope_;
  Findings& findings_;
  Findings own_;                // of the entity at hand
  std::vector<EventGap> gaps_;  // likewise
};

}  // namespace cqrs
