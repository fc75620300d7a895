#include "core/events/event_file.h"

#include "core/base/object_reader.h"

namespace cqrs {
namespace {

constexpr std::string_view kSummary = "cqrsexport";
constexpr std::int64_t kFormat = 1;

// The first attribute of `given` that is not in `written`, or differs there; empty when there is
// none.
std::string first_difference(const JsonValue& given, const JsonValue& written) {
  for (const auto& member : given) {
    std::string ours;
    std::string theirs;
    append_json(theirs, member);
    for (const auto& candidate : written) {
      if (candidate.key == member.key) append_json(ours, candidate);
    }
    if (ours != theirs) return std::string(member.key);
  }
  return {};
}

// Whatever is in a line must survive being stored: it is compared with what would be written for
// the event that was read from it.
Status check_kept(std::string_view line, const JsonValue& given, const Event& event) {
  std::string written;
  append_cloud_event(written, event);
  if (written == line) return {};
  auto document = parse_json(written);
  if (!document) return document.error();
  std::string field = first_difference(given, document->root());
  if (field.empty()) field = first_difference(document->root(), given);
  if (field.empty()) return {};
  return invalid(field, field + " is unknown, missing, or disagrees with the other attributes");
}

}  // namespace

void EventFileWriter::append(std::string& out, const Event& event) {
  const std::size_t start = out.size();
  append_cloud_event(out, event);
  out += '\n';
  hash_.add(std::string_view(out).substr(start));
  if (events_++ == 0) first_ = event.position;
  last_ = event.position;
}

void EventFileWriter::finish(std::string& out) {
  JsonObject summary(out);
  summary.number(kSummary, kFormat).number("events", events_);
  summary.number("from", first_).number("to", last_).text("sha256", to_hex(hash_.finish()));
  summary.close();
  out += '\n';
}

Result<bool> EventFileReader::take(std::string_view line, Event& event) {
  if (complete_) return invalid("", "nothing may follow the line with count and sha256");
  CQRS_TRY(document_.parse(line));
  const JsonValue& root = document_.root();
  if (!root.is(JsonType::kObject)) return invalid("", "is no JSON object");
  for (const auto& member : root) {
    if (member.key != kSummary) continue;
    CQRS_TRY(check_end(root));
    complete_ = true;
    return false;
  }
  auto parsed = parse_cloud_event(line);
  if (!parsed) return parsed.error();
  CQRS_TRY(check_kept(line, root, *parsed));
  event = std::move(*parsed);
  hash_.add(line);
  hash_.add("\n");
  ++events_;
  return true;
}

Status EventFileReader::check_end(const JsonValue& summary) {
  ObjectReader reader(summary);
  const auto format = reader.integer(kSummary);
  const auto events = reader.integer("events");
  (void)reader.integer("from");
  (void)reader.integer("to");
  const auto hash = reader.text("sha256");
  CQRS_TRY(reader.finish_lenient());
  if (format != kFormat) {
    return invalid(std::string(kSummary), "the file has format " + std::to_string(format) +
                                              ", and this program knows only " +
                                              std::to_string(kFormat));
  }
  if (events != events_) {
    return invalid("events", "the last line counts " + std::to_string(events) +
                                 " events, before it stand " + std::to_string(events_));
  }
  if (hash != to_hex(hash_.finish())) {
    return invalid("sha256", "the lines are not those that were exported");
  }
  return {};
}

}  // namespace cqrs
