#include "core/log/handover.h"

#include <charconv>
#include <string_view>

namespace cqrs {
namespace {

constexpr std::string_view kTable = "table ";
constexpr std::string_view kTopic = "topic ";

// At this distance from a position that the topic covers, the topic is read: what is read twice is
// dropped by the gate, and a page is read from the table in no time.
constexpr Position kOverlap = 10'000;

Error not_ours(const std::string& text) {
  return make_error(ErrorCode::kCorrupt, "cursor \"" + text + "\" is not of this log");
}

Cursor table_cursor(Position position) { return {std::string(kTable) + std::to_string(position)}; }

}  // namespace

Result<LogPage> Handover::read(const Cursor& cursor, std::size_t max) {
  std::string_view text = cursor.text;
  if (text.starts_with(kTopic)) {
    const Cursor in_topic{std::string(text.substr(kTopic.size()))};
    return read_topic(in_topic, max, std::nullopt);
  }
  Position after = 0;
  // Cursors of a plain table tail, which are positions alone, are understood too.
  if (text.starts_with(kTable)) text.remove_prefix(kTable.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), after);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size() || after < 0)) {
    return not_ours(cursor.text);
  }
  return read_table(after, max);
}

Result<LogPage> Handover::read_table(Position after, std::size_t max) {
  in_topic_ = false;
  if (looked_at_ != after) {
    auto found = find_(after);
    if (!found) return found.error();
    if (*found && (*found)->position + kOverlap >= after) {
      return read_topic((*found)->cursor, max, after);
    }
    looked_at_ = after;
  }
  auto events = record_.read(after, max);
  if (!events) return events.error();
  LogPage page;
  page.complete_to = events->empty() ? after : events->back().position;
  page.events = std::move(*events);
  page.next = table_cursor(page.complete_to);
  return page;
}

Result<LogPage> Handover::read_topic(const Cursor& cursor, std::size_t max,
                                     std::optional<Position> after) {
  auto page = topic_.read(cursor, max);
  if (page) {
    in_topic_ = true;
    page->next.text.insert(0, kTopic);
    return page;
  }
  if (page.error().code != ErrorCode::kNotFound) return page.error();
  // Removed by retention, or the topic was made anew: the record has it all. Who came from there
  // goes on where it stood: going back would end at this very cursor again, for ever.
  if (!after) {
    auto complete = complete_to_(cursor);
    if (!complete) return complete.error();
    after = *complete;
  }
  looked_at_ = *after;
  return read_table(*after, max);
}

}  // namespace cqrs
