#include "core/verify/sink_edge.h"

#include "core/verify/cursors.h"
#include "core/verify/event_difference.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

namespace cqrs {
namespace {

// What is looked up once more in one question.
constexpr std::size_t kFind = 1'000;
// Copies of no known event that are looked up in the record, one by one; more are counted alone.
constexpr std::int64_t kNamed = 2'000;

std::string named(const Event& event) {
  return event.type + " at position " + std::to_string(event.position);
}

// Beside what events are compared by everywhere, their place and time.
std::optional<FieldDifference> differs(const Event& event, const EventCopy& copy) {
  if (!copy.unreadable.empty()) {
    return FieldDifference{copy.unreadable, {}, "none, or one of another type"};
  }
  const auto number = [](const char* field, std::int64_t expected, std::int64_t actual) {
    return FieldDifference{field, std::to_string(expected), std::to_string(actual)};
  };
  const Event& found = copy.event;
  if (found.position != event.position) return number("position", event.position, found.position);
  if (found.recorded_at.micros != event.recorded_at.micros) {
    return number("recorded_micros", event.recorded_at.micros, found.recorded_at.micros);
  }
  return difference_of(event, found);
}

class SinkPass {
 public:
  SinkPass(const SinkEdge& edge, Position up_to, Findings& findings, const Scope& scope)
      : edge_(edge), up_to_(up_to), findings_(findings), scope_(scope) {}

  Result<SinkCheck> run() {
    CQRS_TRY(settle());
    Position after = 0;
    while (after < up_to_) {
      const auto left = static_cast<std::size_t>(up_to_ - after);
      auto page = edge_.record.read(after, std::min(kVerifyPage, left));
      if (!page) return page.error();
      while (!page->empty() && page->back().position > up_to_) page->pop_back();
      const Position to = page->empty() ? up_to_ : page->back().position;
      CQRS_TRY(compare(after + 1, to, *page));
      CQRS_TRY(report_page(&scope_, page->size()));
      after = to;
    }
    CQRS_TRY(take_head());
    CQRS_TRY(edge_.copies.read_strays(head_, [this](EventCopy& copy) { return beyond(copy); }));
    return check_;
  }

 private:
  struct Wanted {
    const Event* event;
    bool seen = false;
  };
  using Page = std::unordered_map<Uuid, Wanted>;

  Status settle() {
    for (;;) {
      auto complete = edge_.copies.complete_to();
      if (!complete) return complete.error();
      check_.complete_to = *complete;
      if (*complete >= up_to_ || !edge_.keep_waiting || !edge_.keep_waiting()) return {};
    }
  }

  Status take_head() {
    auto head = edge_.record.head();
    if (!head) return head.error();
    head_ = *head;
    return {};
  }

  Status compare(Position from, Position to, const std::vector<Event>& events) {
    Page page;
    for (const auto& event : events) page.emplace(event.event_id, Wanted{&event});
    CQRS_TRY(edge_.copies.read(from, to, [&](EventCopy& copy) -> Status {
      const auto at = page.find(copy.event.event_id);
      if (at == page.end()) return judge_unknown(copy);
      if (at->second.seen) return add_copy(Difference::kDuplicate, copy);
      at->second.seen = true;
      judge(*at->second.event, copy);
      return {};
    }));
    std::vector<const Event*> missing;
    for (const auto& event : events) {
      const bool seen = page.at(event.event_id).seen;
      const bool due = event.position <= check_.complete_to;
      ++(seen || due ? check_.compared : check_.behind);
      if (!seen && due) missing.push_back(&event);
    }
    return look_again(missing);
  }

  // One may have come meanwhile, when the bringer's word was of before, or say another position.
  Status look_again(const std::vector<const Event*>& missing) {
    for (std::size_t from = 0; from < missing.size(); from += kFind) {
      std::vector<Uuid> ids;
      for (std::size_t i = from; i < std::min(from + kFind, missing.size()); ++i) {
        ids.push_back(missing[i]->event_id);
      }
      auto found = edge_.copies.find(ids);
      if (!found) return found.error();
      check_.looked_at += static_cast<std::int64_t>(ids.size());
      std::unordered_map<Uuid, const EventCopy*> there;
      for (const auto& copy : *found) there.emplace(copy.event.event_id, &copy);
      for (std::size_t i = from; i < from + ids.size(); ++i) {
        const auto at = there.find(missing[i]->event_id);
        if (at == there.end()) {
          add_lost(*missing[i]);
        } else {
          judge(*missing[i], *at->second);
        }
      }
    }
    return {};
  }

  void judge(const Event& event, const EventCopy& copy) {
    auto difference = differs(event, copy);
    if (!difference) return;
    Finding finding = finding_of(Difference::kField, event);
    finding.actual_version = copy.event.version;
    finding.field = std::move(difference->field);
    finding.expected = std::move(difference->expected);
    finding.actual = std::move(difference->actual);
    add(std::move(finding));
  }

  // Of no event that stands at these positions.
  Status judge_unknown(const EventCopy& copy) {
    const Event& event = copy.event;
    if (event.version < 1 || unknown_ >= kNamed) return add_copy(Difference::kPhantom, copy);
    ++unknown_;
    ++check_.looked_at;
    auto recorded = edge_.record.read_stream(event.stream, event.version - 1, 1);
    if (!recorded) return recorded.error();
    const bool same = !recorded->empty() && recorded->front().version == event.version;
    if (!same) return add_copy(Difference::kPhantom, copy);
    // An event that says another position than its own is told where it belongs.
    if (recorded->front().event_id == event.event_id) return {};
    return add_copy(Difference::kDuplicate, copy);
  }

  // Committed meanwhile, or never? What is published was committed before.
  Status beyond(const EventCopy& copy) {
    if (copy.event.position > head_) CQRS_TRY(take_head());
    if (copy.event.position >= 1 && copy.event.position <= head_) return {};
    return judge_unknown(copy);
  }

  Finding finding_of(Difference kind, const Event& event) const {
    Finding finding;
    finding.kind = kind;
    finding.place = FindingPlace::kExtra;
    finding.entity = event.stream;
    finding.store = edge_.copies.name();
    finding.expected_version = event.version;
    finding.actual_version = event.version;
    finding.position = event.position;
    finding.recorded_at = event.recorded_at;
    return finding;
  }

  Status add_copy(Difference kind, const EventCopy& copy) {
    Finding finding = finding_of(kind, copy.event);
    if (kind == Difference::kPhantom) finding.expected_version = 0;
    finding.actual = named(copy.event) + " under " + copy.id;
    add(std::move(finding));
    return {};
  }

  void add_lost(const Event& event) {
    Finding finding = finding_of(Difference::kLost, event);
    finding.actual_version = 0;
    finding.expected = named(event);
    add(std::move(finding));
  }

  void add(Finding finding) { scope_.judge(std::move(finding), findings_); }

  const SinkEdge& edge_;
  Position up_to_;
  Findings& findings_;
  const Scope& scope_;
  Position head_ = 0;
  std::int64_t unknown_ = 0;  // looked up in the record
  SinkCheck check_;
};

}  // namespace

Result<SinkCheck> check_sink(const SinkEdge& edge, Position up_to, Findings& findings,
                             const Scope& scope) {
  return SinkPass(edge, up_to, findings, scope).run();
}

}  // namespace cqrs
