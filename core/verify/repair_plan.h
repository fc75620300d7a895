// A repair plan: what would mend the differences that verify found, one item per change, as JSON
// lines. Format: docs/formats/repair.md.
#pragma once

#include "core/base/result.h"
#include "core/read/view_row.h"
#include "core/verify/finding.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

enum class RepairAction : std::uint8_t {
  kPutView,      // write a document as the projector would
  kRemoveView,   // take out a row that the write side does not know
  kPutStream,    // write a stream as its events fold to
  kMoveEvents,   // give an entity's events the positions in the order of their versions
  kRemoveEvent,  // take out the second copy of an event at the end of the record
  kRenewTopics,  // delete the topics and fill them anew from the record
  kNone,         // the record does not hold what is needed: `reason`
};
inline constexpr std::array<RepairAction, 7> kAllRepairActions{
    RepairAction::kPutView,    RepairAction::kRemoveView,  RepairAction::kPutStream,
    RepairAction::kMoveEvents, RepairAction::kRemoveEvent, RepairAction::kRenewTopics,
    RepairAction::kNone};
[[nodiscard]] std::string_view repair_action_name(RepairAction action);  // "put_view"

struct RepairHeader {
  Uuid incarnation;    // of the write store that the plan was made for
  int generation = 0;  // of the views
  Position head = 0;
  Timestamp created_at;
};

// The row as the plan saw it: a repair changes it only while it still is that one.
struct SeenRow {
  std::int64_t version = 0;
  Digest digest;
  friend bool operator==(const SeenRow&, const SeenRow&) = default;
};

// An event and where it goes; `to` 0: it is taken out.
struct RepairEvent {
  Uuid id;
  std::int64_t version = 0;
  Position from = 0;
  Position to = 0;
  friend bool operator==(const RepairEvent&, const RepairEvent&) = default;
};

struct RepairItem {
  RepairAction action = RepairAction::kNone;
  Difference difference = Difference::kLost;
  StreamKey entity;             // nil id: unknown, or no single one
  std::optional<SeenRow> seen;  // nothing: there was no row
  ViewRow row;                  // to put; of a stream: body is the state, the times are not used
  std::vector<RepairEvent> events;
  std::string reason;
};

// One line each, without the line end.
void append_repair_header(std::string& out, const RepairHeader& header);
void append_repair_item(std::string& out, const RepairItem& item);
// Error: invalid (not such a line, an unknown format or action, a field missing: names it).
[[nodiscard]] Result<RepairHeader> parse_repair_header(std::string_view line);
[[nodiscard]] Result<RepairItem> parse_repair_item(std::string_view line);

}  // namespace cqrs
