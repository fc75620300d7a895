#include "core/verify/topic_edge.h"

#include "core/base/hash.h"
#include "core/verify/cursors.h"
#include "core/verify/event_difference.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cqrs {
namespace {

// A broker may be slow to answer: so many empty pages in a row are the end.
constexpr int kQuietReads = 3;
// Positions whose copies are kept in memory to be named; more are counted alone.
constexpr std::size_t kNamed = 2'000;
constexpr std::size_t kCopies = 8;  // that differ, of one position

// Compared within this process only. Never 0, which means that nothing was seen.
std::uint64_t hash_of(const Event& event) {
  const std::hash<std::string_view> of;
  std::uint64_t hash = id_hash(event.event_id);
  hash = mix64(hash ^ id_hash(event.stream.id));
  hash = mix64(hash ^ kind_index(event.stream.kind));
  hash = mix64(hash ^ static_cast<std::uint64_t>(event.version));
  hash = mix64(hash ^ of(event.type));
  hash = mix64(hash ^ static_cast<std::uint64_t>(event.schema_version));
  hash = mix64(hash ^ of(event.data));
  return std::max<std::uint64_t>(hash, 1);
}

std::string named(const Event& event) {
  return event.type + " at position " + std::to_string(event.position);
}

Finding finding_of(Difference kind, const Event& event) {
  Finding finding;
  finding.kind = kind;
  finding.place = FindingPlace::kTopics;
  finding.entity = event.stream;
  finding.store = "topics";
  finding.expected_version = kind == Difference::kPhantom ? 0 : event.version;
  finding.actual_version = kind == Difference::kLost ? 0 : event.version;
  finding.position = event.position;
  finding.recorded_at = event.recorded_at;
  return finding;
}

class TopicPass {
 public:
  TopicPass(const TopicEdge& edge, Position up_to, std::size_t limit, const Scope& scope)
      : edge_(edge),
        scope_(scope),
        up_to_(up_to),
        seen_(static_cast<std::size_t>(up_to) + 1),
        findings_(limit) {}

  Result<TopicCheck> run(Findings& findings) {
    CQRS_TRY(read_topics(edge_.keep_waiting, [this](const Event& event) { return note(event); }));
    if (gone_) {
      TopicCheck nothing;
      nothing.not_compared = "topics begin after retention: not compared (" + *gone_ + ")";
      return nothing;
    }
    check_.complete_to = reached_;
    CQRS_TRY(read_record());
    if (!suspects_.empty()) CQRS_TRY(name_suspects());
    check_.first_position = check_.compared > 0 ? 1 : 0;
    findings.add(findings_);
    return std::move(check_);
  }

 private:
  struct Suspect {
    std::optional<Event> recorded;
    std::vector<Event> copies;  // as they stand in the topics, each content once
  };
  struct Reading {
    Cursor at;
    int quiet = 0;  // empty pages in a row
    std::optional<Position> target;
  };
  using Visit = std::function<Status(const Event&)>;

  // Everything that stands in the topics now. Sets gone_ when their beginning is not there.
  Status read_topics(const std::function<bool()>& keep_waiting, const Visit& visit) {
    Reading reading;
    for (;;) {
      CQRS_TRY(read_page(reading, visit));
      if (gone_) return {};
      auto end = ended(reading, keep_waiting);
      if (!end) return end.error();
      if (*end) return {};
    }
  }

  Status read_page(Reading& reading, const Visit& visit) {
    auto page = edge_.topics.read(reading.at, kVerifyPage);
    if (!page && page.error().code == ErrorCode::kNotFound) {
      gone_ = page.error().message;
      return {};
    }
    if (!page) return page.error();
    CQRS_TRY(report_page(&scope_, page->events.size()));
    for (const auto& event : page->events) CQRS_TRY(visit(event));
    reached_ = page->complete_to;
    reading.quiet = page->events.empty() && page->next == reading.at ? reading.quiet + 1 : 0;
    reading.at = std::move(page->next);
    return {};
  }

  // While writes go on there always is one more page: watermarks beyond a head that was taken once
  // they were complete prove that everything was read that had been there at that moment.
  Result<bool> ended(Reading& reading, const std::function<bool()>& keep_waiting) {
    const bool quiet = reading.quiet >= kQuietReads;
    if (reached_ < up_to_) return quiet && (!keep_waiting || !keep_waiting());
    if (quiet) return true;
    if (!reading.target) {
      CQRS_TRY(take_head());
      reading.target = head_;
    }
    return reached_ > *reading.target;
  }

  Status take_head() {
    auto head = edge_.record.head();
    if (!head) return head.error();
    head_ = *head;
    return {};
  }

  Status note(const Event& event) {
    const Position position = event.position;
    if (position < 1 || position > up_to_) return note_outside(event);
    const auto hash = hash_of(event);
    auto& slot = seen_[static_cast<std::size_t>(position)];
    if (slot == 0) {
      slot = hash;
      note_order(event);
    } else if (slot == hash) {
      ++check_.duplicates;
    } else if (conflicts_.size() < kNamed) {
      conflicts_.insert(position);
    } else {
      add(finding_of(Difference::kField, event));
    }
    return {};
  }

  // Committed meanwhile, or never? What is published was committed before.
  Status note_outside(const Event& event) {
    if (event.position > head_) CQRS_TRY(take_head());
    if (event.position >= 1 && event.position <= head_) return {};
    Finding finding = finding_of(Difference::kPhantom, event);
    finding.actual = named(event) + ", beyond the head";
    add(std::move(finding));
    return {};
  }

  // All events of a slice stand in one partition, whose first occurrences the relay promises in
  // order of position; that is every entity's order, too. Told once per entity.
  void note_order(const Event& event) {
    const auto slice = static_cast<std::size_t>(slice_of(event.stream.id));
    Position& last = last_[kind_index(event.stream.kind)][slice];
    if (event.position > last) {
      last = event.position;
      return;
    }
    if (!told_.insert(event.stream).second) return;
    Finding finding = finding_of(Difference::kOrder, event);
    finding.expected = named(event) + " before position " + std::to_string(last);
    finding.actual = "it behind that one in their partition";
    add(std::move(finding));
  }

  Status read_record() {
    Position after = 0;
    while (after < up_to_) {
      const auto left = static_cast<std::size_t>(up_to_ - after);
      auto page = edge_.record.read(after, std::min(kVerifyPage, left));
      if (!page) return page.error();
      CQRS_TRY(report_page(&scope_, page->size()));
      for (auto& event : *page) {
        if (event.position > up_to_) break;
        pass_hole(after, event.position);
        after = event.position;
        judge(std::move(event));
      }
      if (page->empty() || page->back().position > up_to_) break;
    }
    pass_hole(after, up_to_ + 1);
    return {};
  }

  // Holes of the record are told by its own edge; what the topics have there is of nowhere.
  void pass_hole(Position after, Position before) {
    for (Position hole = after + 1; hole < before; ++hole) {
      if (seen_[static_cast<std::size_t>(hole)] != 0 && suspects_.size() < kNamed) suspects_[hole];
    }
  }

  void judge(Event&& event) {
    const auto slot = seen_[static_cast<std::size_t>(event.position)];
    if (slot == 0 && event.position > check_.complete_to) {
      ++check_.behind;
      return;
    }
    ++check_.compared;
    if (slot == 0) return add_lost(event);
    if (slot == hash_of(event) && !conflicts_.contains(event.position)) return;
    if (suspects_.size() >= kNamed) return add(finding_of(Difference::kField, event));
    suspects_[event.position].recorded = std::move(event);
  }

  Status name_suspects() {
    check_.looked_at = static_cast<std::int64_t>(suspects_.size());
    CQRS_TRY(read_topics({}, [this](const Event& event) -> Status {
      const auto found = suspects_.find(event.position);
      if (found == suspects_.end()) return {};
      auto& copies = found->second.copies;
      const bool known = std::any_of(copies.begin(), copies.end(), [&](const Event& copy) {
        return copy.event_id == event.event_id && !difference_of(copy, event);
      });
      if (!known && copies.size() < kCopies) copies.push_back(event);
      return {};
    }));
    for (const auto& [position, suspect] : suspects_) name(suspect);
    return {};
  }

  void name(const Suspect& suspect) {
    const auto& recorded = suspect.recorded;
    bool there = false;
    for (const auto& copy : suspect.copies) {
      if (!recorded || copy.event_id != recorded->event_id) {
        Finding finding = finding_of(Difference::kPhantom, copy);
        finding.actual = named(copy) + " with event id " + to_string(copy.event_id);
        add(std::move(finding));
        continue;
      }
      there = true;
      auto difference = difference_of(*recorded, copy);
      if (!difference) continue;
      Finding finding = finding_of(Difference::kField, *recorded);
      finding.actual_version = copy.version;
      finding.field = std::move(difference->field);
      finding.expected = std::move(difference->expected);
      finding.actual = std::move(difference->actual);
      add(std::move(finding));
    }
    // Removed from the topics between the two passes: it did differ.
    if (recorded && suspect.copies.empty()) return add(finding_of(Difference::kField, *recorded));
    if (recorded && !there) add_lost(*recorded);
  }

  void add_lost(const Event& event) {
    Finding finding = finding_of(Difference::kLost, event);
    finding.expected = named(event);
    add(std::move(finding));
  }

  void add(Finding finding) { scope_.judge(std::move(finding), findings_); }

  const TopicEdge& edge_;
  const Scope& scope_;
  Position up_to_;
  Position head_ = 0;
  Position reached_ = 0;             // what the topics claim
  std::optional<std::string> gone_;  // what they say about their beginning
  std::vector<std::uint64_t> seen_;  // hash of the first occurrence; 0: none
  std::array<std::array<Position, kSlices>, kAllKinds.size()> last_{};
  std::unordered_set<Position> conflicts_;  // two contents claim it
  std::unordered_set<StreamKey> told_;      // out of order
  std::map<Position, Suspect> suspects_;
  TopicCheck check_;
  Findings findings_;
};

}  // namespace

Result<TopicCheck> check_topics(const TopicEdge& edge, Position up_to, Findings& findings,
                                const Scope& scope) {
  return TopicPass(edge, up_to, findings.limit, scope).run(findings);
}

}  // namespace cqrs
