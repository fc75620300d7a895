#include "core/events/event.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/object_reader.h"

namespace cqrs {
namespace {

constexpr std::string_view kTypePrefix = "cqrs.";

std::optional<Kind> kind_of_type(std::string_view type) {
  for (const Kind kind : kAllKinds) {
    const auto name = kind_name(kind);
    if (type.rfind(name, 0) == 0 && type.size() > name.size() && type[name.size()] == '.') {
      return kind;
    }
  }
  return std::nullopt;
}

}  // namespace

void append_cloud_event(std::string& out, const Event& event) {
  JsonObject object(out);
  object.text("specversion", "1.0");
  object.id("id", event.event_id);
  object.text("source", "/cqrs/" + std::string(kind_name(event.stream.kind)));
  object.text("type", std::string(kTypePrefix) + event.type);
  object.id("subject", event.stream.id);
  object.text("time", to_string(event.recorded_at));
  object.text("datacontenttype", "application/json");
  object.number("aggregateversion", event.version);
  object.number("position", event.position);
  object.number("schemaversion", event.schema_version);
  object.number("partitionslice", slice_of(event.stream.id));
  if (!event.traceparent.empty()) object.text("traceparent", event.traceparent);
  object.number("recordedmicros", event.recorded_at.micros);
  object.raw("data", event.data);
  object.close();
}

Result<Event> parse_cloud_event(std::string_view json) {
  auto document = parse_json(json);
  if (!document) return document.error();
  ObjectReader reader(document->root());
  Event event;
  event.event_id = reader.id("id");
  event.stream.id = reader.id("subject");
  event.version = reader.integer("aggregateversion");
  event.position = reader.integer("position");
  const auto schema_version = reader.integer("schemaversion");
  if (schema_version < 1 || schema_version > INT32_MAX) {
    reader.fail("schemaversion", "is not a schema version");
  }
  event.schema_version = static_cast<int>(schema_version);
  event.traceparent = reader.optional_text("traceparent").value_or(std::string());
  event.recorded_at.micros = reader.integer("recordedmicros");
  const std::string type = reader.text("type");
  if (type.rfind(kTypePrefix, 0) == 0) event.type = type.substr(kTypePrefix.size());
  const auto kind = kind_of_type(event.type);
  if (!kind) reader.fail("type", "is not an event type of this system");
  const JsonValue* data = reader.object("data");
  if (data == nullptr) reader.fail("data", "must be an object");
  CQRS_TRY(reader.finish_lenient());
  event.stream.kind = *kind;
  append_json(event.data, *data);
  return event;
}

}  // namespace cqrs
