// Walks a source row by row over its pages, so that two sources can be merged.
#pragma once

#include "core/verify/entity_source.h"
#include "core/verify/scope.h"

#include <optional>
#include <vector>

namespace cqrs {

// Rows per page: bounds both memory and how long one read transaction lasts.
inline constexpr std::size_t kVerifyPage = 2'000;

// Tells `scope`, which may be nullptr, of a page. Error timeout: its owner wants the check to end.
[[nodiscard]] inline Status report_page(const Scope* scope, std::size_t rows) {
  if (scope == nullptr || !scope->progress) return {};
  if (scope->progress(static_cast<std::int64_t>(rows))) return {};
  return make_error(ErrorCode::kTimeout, "interrupted before everything was compared");
}

class EntityCursor {
 public:
  EntityCursor(EntitySource& source, Kind kind, bool with_content, const Scope* scope = nullptr)
      : source_(source), kind_(kind), with_content_(with_content), scope_(scope) {}
  // The row at hand, nullptr at the end. It may be moved from.
  [[nodiscard]] EntityRow* row() { return at_ < page_.size() ? &page_[at_] : nullptr; }
  // Goes to the next row; must be called once before the first.
  [[nodiscard]] Status advance() {
    if (++at_ < page_.size()) return {};
    if (ended_) return {};
    auto page = source_.page(kind_, last_, kVerifyPage, with_content_);
    if (!page) return page.error();
    page_ = std::move(*page);
    at_ = 0;
    ended_ = page_.size() < kVerifyPage;
    if (!page_.empty()) last_ = page_.back().id;
    return report_page(scope_, page_.size());
  }

 private:
  EntitySource& source_;
  Kind kind_;
  bool with_content_;
  const Scope* scope_;
  std::vector<EntityRow> page_;
  std::size_t at_ = 0;
  Uuid last_;
  bool ended_ = false;
};

// The same over events in order of (stream, version, position).
class EventCursor {
 public:
  EventCursor(EventAudit& audit, Kind kind, bool with_data, const Scope* scope = nullptr)
      : audit_(audit), kind_(kind), with_data_(with_data), scope_(scope) {}
  [[nodiscard]] Event* event() { return at_ < page_.size() ? &page_[at_] : nullptr; }
  [[nodiscard]] Status advance() {
    if (++at_ < page_.size()) return {};
    if (ended_) return {};
    auto page = audit_.page(kind_, last_, kVerifyPage, with_data_);
    if (!page) return page.error();
    page_ = std::move(*page);
    at_ = 0;
    ended_ = page_.size() < kVerifyPage;
    if (!page_.empty()) {
      last_ = {page_.back().stream.id, page_.back().version, page_.back().position};
    }
    return report_page(scope_, page_.size());
  }

 private:
  EventAudit& audit_;
  Kind kind_;
  bool with_data_;
  const Scope* scope_;
  std::vector<Event> page_;
  std::size_t at_ = 0;
  EventPlace last_;
  bool ended_ = false;
};

}  // namespace cqrs
