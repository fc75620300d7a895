#include "core/adapters/kafka/records.h"

#include "core/base/hash.h"

#include <charconv>
#include <optional>
#include <utility>

namespace cqrs::kafka {
namespace {

// The order of the headers is part of the format, too.
enum Slot : std::size_t {
  kSpecVersion,
  kId,
  kType,
  kSubject,
  kVersion,
  kPosition,
  kSchemaVersion,
  kRecorded,
  kTraceparent,
  kContentType,
  kSource,
};
constexpr std::array<std::string_view, 11> kNames{
    "ce_specversion",      "ce_id",        "ce_type",          "ce_subject",
    "ce_aggregateversion", "ce_position",  "ce_schemaversion", "ce_recordedmicros",
    "traceparent",         "content-type", "ce_source"};

void set_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.assign(digits.data(), end);
}

[[nodiscard]] std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[nodiscard]] std::size_t slot_of(std::string_view name) {
  std::size_t slot = 0;
  while (slot < kNames.size() && kNames[slot] != name) ++slot;
  return slot;
}

[[nodiscard]] bool type_fits(std::string_view type, Kind kind) {
  const auto name = kind_name(kind);
  return type.size() > name.size() && type.starts_with(name) && type[name.size()] == '.';
}

}  // namespace

std::string topic_name(const std::string& prefix, Kind kind) {
  return prefix + "." + std::string(kind_name(kind));
}

int partition_of(const Uuid& id, int partitions) { return slice_of(id) % partitions; }

void encode(const Event& event, Record& record) {
  for (std::size_t i = 0; i < kNames.size(); ++i) record.headers[i].name = kNames[i];
  record.key.clear();
  append_uuid(record.key, event.stream.id);
  record.value = event.data;
  auto& headers = record.headers;
  headers[kSpecVersion].value = "1.0";
  headers[kId].value.clear();
  append_uuid(headers[kId].value, event.event_id);
  headers[kType].value = event.type;
  headers[kSubject].value = record.key;
  set_number(headers[kVersion].value, event.version);
  set_number(headers[kPosition].value, event.position);
  set_number(headers[kSchemaVersion].value, event.schema_version);
  set_number(headers[kRecorded].value, event.recorded_at.micros);
  headers[kTraceparent].value = event.traceparent;
  headers[kContentType].value = "application/json";
  headers[kSource].value = "/cqrs/";
  headers[kSource].value += kind_name(event.stream.kind);
}

std::size_t record_bytes(const Event& event) {
  // Key, names, ids and numbers of the headers, lengths and framing: at most 600 bytes.
  constexpr std::size_t kRest = 640;
  return event.data.size() + event.type.size() + event.traceparent.size() + kRest;
}

Decoded decode(Kind kind, std::string_view key, std::string_view value,
               std::span<const HeaderView> headers) {
  std::array<std::string_view, kNames.size()> found{};
  for (const auto& header : headers) {
    if (header.name == kWatermarkHeader) {
      const auto after = number(header.value);
      const auto complete_to = number(value);
      if (!after || !complete_to || !key.empty()) return Unreadable{};
      return Watermark{*after, *complete_to};
    }
    if (const auto slot = slot_of(header.name); slot < found.size()) found[slot] = header.value;
  }
  const auto id = parse_uuid(key);
  const auto version = number(found[kVersion]);
  const auto position = number(found[kPosition]);
  if (!id || !version || *version < 1 || !position || *position < 1) return Unreadable{};
  Event event;
  event.stream = {kind, *id};
  event.version = *version;
  event.position = *position;
  event.event_id = parse_uuid(found[kId]).value_or(Uuid{});
  event.type = type_fits(found[kType], kind) ? found[kType] : "unreadable";
  const auto schema_version = number(found[kSchemaVersion]).value_or(0);
  event.schema_version = std::in_range<int>(schema_version) ? static_cast<int>(schema_version) : 0;
  event.data = value;
  event.traceparent = found[kTraceparent];
  event.recorded_at.micros = number(found[kRecorded]).value_or(0);
  return event;
}

}  // namespace cqrs::kafka
