#include "core/log/table_tail.h"

#include <charconv>

namespace cqrs {

Result<LogPage> TableTail::read(const Cursor& cursor, std::size_t max) {
  Position from = 0;
  const auto& text = cursor.text;
  if (!text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), from);
    if (error != std::errc() || end != text.data() + text.size() || from < 0) {
      return make_error(ErrorCode::kCorrupt, "cursor \"" + text + "\" is not a position");
    }
  }
  auto events = history_.read(from, max);
  if (!events) return events.error();
  LogPage page;
  page.complete_to = events->empty() ? from : events->back().position;
  page.events = std::move(*events);
  page.next = after(page.complete_to);
  return page;
}

}  // namespace cqrs
