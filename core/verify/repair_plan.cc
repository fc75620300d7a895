#include "core/verify/repair_plan.h"

#include "core/base/json.h"
#include "core/base/object_reader.h"

#include <algorithm>
#include <charconv>

namespace cqrs {
namespace {

constexpr std::string_view kFormat = "cqrs-repair/1";

std::optional<RepairAction> parse_action(std::string_view name) {
  for (const auto action : kAllRepairActions) {
    if (repair_action_name(action) == name) return action;
  }
  return std::nullopt;
}

std::optional<Difference> parse_difference(std::string_view name) {
  for (const auto difference : kAllDifferences) {
    if (difference_name(difference) == name) return difference;
  }
  return std::nullopt;
}

std::optional<Kind> parse_kind(std::string_view name) {
  for (const auto kind : kAllKinds) {
    if (kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

Digest read_digest(ObjectReader& reader) {
  const std::string text = reader.text("digest");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 16 || error != std::errc() || end != text.data() + text.size()) {
    reader.fail("digest", "must be 16 hexadecimal digits");
  }
  return {static_cast<std::uint32_t>(value >> 32U), static_cast<std::uint32_t>(value)};
}

bool puts(RepairAction action) {
  return action == RepairAction::kPutView || action == RepairAction::kPutStream;
}
bool has_entity(RepairAction action) {
  return action != RepairAction::kNone && action != RepairAction::kRenewTopics;
}
bool has_row(RepairAction action) { return puts(action) || action == RepairAction::kRemoveView; }
bool has_events(RepairAction action) {
  return action == RepairAction::kMoveEvents || action == RepairAction::kRemoveEvent;
}

void append_seen(JsonObject& line, std::string& out, const std::optional<SeenRow>& seen) {
  if (!seen) {
    line.raw("found", "null");
    return;
  }
  line.name("found");
  JsonObject object(out);
  object.number("version", seen->version).text("digest", to_string(seen->digest));
  object.close();
}

void append_events(JsonObject& line, std::string& out, const std::vector<RepairEvent>& events) {
  line.name("events");
  out += '[';
  for (const auto& event : events) {
    if (out.back() != '[') out += ',';
    JsonObject object(out);
    object.text("id", to_string(event.id)).number("version", event.version);
    object.number("from", event.from).number("to", event.to);
    object.close();
  }
  out += ']';
}

void read_row(ObjectReader& reader, RepairItem& item) {
  item.row.key = item.entity;
  item.row.version = reader.integer("version");
  item.row.digest = read_digest(reader);
  item.row.deleted = reader.boolean("deleted");
  item.row.position = reader.integer("position");
  if (item.action == RepairAction::kPutView) {
    item.row.created_at.micros = reader.integer("createdAtMicros");
    item.row.updated_at.micros = reader.integer("updatedAtMicros");
  }
  item.row.body = reader.text("document");
}

void read_seen(ObjectReader& reader, RepairItem& item) {
  const auto* found = reader.object("found");
  if (found == nullptr) return;
  ObjectReader row(*found, "found");
  item.seen = SeenRow{row.integer("version"), read_digest(row)};
  if (auto status = row.finish(); !status) reader.fail(status.error());
}

void read_events(ObjectReader& reader, RepairItem& item) {
  const auto* events = reader.array("events");
  if (events == nullptr) return reader.fail("events", "is missing: send an array");
  std::size_t index = 0;
  for (const auto& element : *events) {
    ObjectReader event(element, "events", index++);
    item.events.push_back(
        {event.id("id"), event.integer("version"), event.integer("from"), event.integer("to")});
    if (auto status = event.finish(); !status) reader.fail(status.error());
  }
}

Error not_a_plan(const Error& cause) {
  return invalid(cause.field, "not a repair plan: " + cause.message);
}

}  // namespace

std::string_view repair_action_name(RepairAction action) {
  switch (action) {
    case RepairAction::kPutView:
      return "put_view";
    case RepairAction::kRemoveView:
      return "remove_view";
    case RepairAction::kPutStream:
      return "put_stream";
    case RepairAction::kMoveEvents:
      return "move_events";
    case RepairAction::kRemoveEvent:
      return "remove_event";
    case RepairAction::kRenewTopics:
      return "renew_topics";
    case RepairAction::kNone:
      return "none";
  }
  return "none";
}

void append_repair_header(std::string& out, const RepairHeader& header) {
  JsonObject line(out);
  line.text("format", kFormat).text("incarnation", to_string(header.incarnation));
  line.number("generation", header.generation).number("head", header.head);
  line.text("createdAt", to_string(header.created_at));
  line.close();
}

void append_repair_item(std::string& out, const RepairItem& item) {
  JsonObject line(out);
  line.text("action", repair_action_name(item.action));
  line.text("difference", difference_name(item.difference));
  if (!item.entity.id.is_nil()) {
    line.text("aggregate", kind_name(item.entity.kind)).text("id", to_string(item.entity.id));
  }
  if (has_row(item.action)) append_seen(line, out, item.seen);
  if (puts(item.action)) {
    line.number("version", item.row.version).text("digest", to_string(item.row.digest));
    line.boolean("deleted", item.row.deleted).number("position", item.row.position);
    if (item.action == RepairAction::kPutView) {
      line.number("createdAtMicros", item.row.created_at.micros);
      line.number("updatedAtMicros", item.row.updated_at.micros);
    }
    line.text("document", item.row.body);
  }
  if (has_events(item.action)) append_events(line, out, item.events);
  if (item.action == RepairAction::kNone) line.text("reason", item.reason);
  line.close();
}

Result<RepairHeader> parse_repair_header(std::string_view text) {
  auto tree = parse_json(text);
  if (!tree) return not_a_plan(tree.error());
  ObjectReader reader(tree->root());
  if (reader.text("format") != kFormat) {
    reader.fail("format", "must be \"" + std::string(kFormat) + "\"");
  }
  RepairHeader header;
  header.incarnation = reader.id("incarnation");
  header.generation = static_cast<int>(reader.integer("generation"));
  header.head = reader.integer("head");
  (void)reader.text("createdAt");
  if (auto status = reader.finish(); !status) return not_a_plan(status.error());
  return header;
}

Result<RepairItem> parse_repair_item(std::string_view text) {
  auto tree = parse_json(text);
  if (!tree) return not_a_plan(tree.error());
  ObjectReader reader(tree->root());
  RepairItem item;
  const auto action = parse_action(reader.text("action"));
  const auto difference = parse_difference(reader.text("difference"));
  if (!action) reader.fail("action", "is not one that this program knows");
  if (!difference) reader.fail("difference", "is not one that this program knows");
  item.action = action.value_or(RepairAction::kNone);
  item.difference = difference.value_or(Difference::kLost);
  if (has_entity(item.action) || reader.has("id")) {
    const auto kind = parse_kind(reader.text("aggregate"));
    if (!kind) reader.fail("aggregate", "must be user, product or order");
    item.entity = {kind.value_or(Kind::kUser), reader.id("id")};
  }
  if (has_row(item.action)) read_seen(reader, item);
  if (puts(item.action)) read_row(reader, item);
  if (has_events(item.action)) read_events(reader, item);
  if (item.action == RepairAction::kNone) item.reason = reader.text("reason");
  if (auto status = reader.finish(); !status) return not_a_plan(status.error());
  return item;
}

}  // namespace cqrs
