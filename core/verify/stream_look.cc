#include "core/verify/stream_look.h"

#include "core/verify/content.h"

#include <algorithm>

namespace cqrs {

Status StreamLook::look(const StreamKey& key, RecordCheck& check) {
  Seen seen;
  auto before = streams_.fetch(key);
  if (!before) return before.error();
  auto events = record_.stream(key);
  if (!events) return events.error();
  auto after = streams_.fetch(key);
  if (!after) return after.error();
  seen.before = std::move(*before);
  seen.events = std::move(*events);
  seen.after = std::move(*after);
  check.rows_fetched += static_cast<std::int64_t>(seen.events.size()) + 2;

  own_ = Findings(findings_.limit);
  gaps_.clear();
  if (report_order(seen, key)) report_stream(seen, key);
  if ((own_.total() > 0 || !gaps_.empty()) && scope_.too_young(seen.events)) {
    ++findings_.too_young;
    // The holes stay explained by this entity.
    for (auto& gap : gaps_) gap.unsure.reset();
  } else {
    findings_.add(own_);
  }
  for (auto& gap : gaps_) check.gaps.push_back(std::move(gap));
  return {};
}

// False when the events themselves are wrong, so that the stream need not be compared with them.
bool StreamLook::report_order(const Seen& seen, const StreamKey& key) {
  bool usable = true;
  std::int64_t last_version = 0;
  Position last_position = 0;
  Uuid last_id;
  for (const auto& event : seen.events) {
    if (event.version == last_version) {
      const bool same = event.event_id == last_id;
      usable = usable && same;
      if (scope_.beyond(event.position)) continue;
      own_.add(about(same ? Difference::kDuplicate : Difference::kOrder, key, event,
                     "version " + std::to_string(event.version) + " once",
                     same ? "the same event twice" : "two events"));
      continue;
    }
    if (event.version != last_version + 1) {
      report_gap(key, event, last_version, last_position);
      usable = false;
    } else if (event.position <= last_position && !scope_.beyond(last_position)) {
      own_.add(about(Difference::kOrder, key, event,
                     "a position after " + std::to_string(last_position),
                     std::to_string(event.position)));
    }
    last_version = event.version;
    last_position = event.position;
    last_id = event.event_id;
  }
  return usable;
}

void StreamLook::report_gap(const StreamKey& key, const Event& event, std::int64_t last_version,
                            Position last_position) {
  EventGap gap{last_position, event.position, event.version - last_version - 1, std::nullopt};
  const bool after_cut = scope_.beyond(last_position + 1);
  const bool sure = !scope_.beyond(event.position);
  Finding finding = about(
      Difference::kLost, key, event, "version " + std::to_string(last_version + 1),
      "version " + std::to_string(event.version) + " follows " + std::to_string(last_version));
  finding.expected_version = last_version + 1;
  if (sure) {
    own_.add(std::move(finding));
  } else if (!after_cut) {
    gap.unsure = std::move(finding);
  }
  gaps_.push_back(std::move(gap));
}

Finding StreamLook::about(Difference kind, const StreamKey& key, const Event& event,
                          std::string expected, std::string actual) {
  Finding finding;
  finding.kind = kind;
  finding.entity = key;
  finding.store = kRecordName;
  finding.expected = std::move(expected);
  finding.actual = std::move(actual);
  finding.expected_version = event.version;
  finding.actual_version = event.version;
  finding.position = event.position;
  finding.recorded_at = event.recorded_at;
  return finding;
}

void StreamLook::report_stream(const Seen& seen, const StreamKey& key) {
  const auto& events = seen.events;
  Finding finding;
  finding.place = FindingPlace::kStream;
  finding.entity = key;
  finding.store = streams_.name();
  const std::int64_t last = events.empty() ? 0 : events.back().version;
  const std::int64_t shown = seen.after ? seen.after->version : 0;
  finding.expected_version = last;
  finding.actual_version = shown;
  finding.position = events.empty() ? 0 : events.back().position;
  if (!events.empty()) finding.recorded_at = events.back().recorded_at;
  if (seen.before && seen.before->version > last) {
    return report_tail(*seen.before, last, std::move(finding));
  }
  if (shown < last) {
    // Of what the stream lacks, the first event decides whether the cut covers it.
    const auto first = std::find_if(events.begin(), events.end(),
                                    [&](const Event& event) { return event.version > shown; });
    if (scope_.beyond(first->position)) return;
    finding.kind = seen.after ? Difference::kStale : Difference::kLost;
    finding.expected = "version " + std::to_string(last);
    finding.actual = seen.after ? "version " + std::to_string(shown) : "no stream for these events";
  } else if (!deep_ || !seen.before || !differs(seen, key, finding)) {
    return;
  }
  own_.add(std::move(finding));
}

// The stream has versions for which there is no event.
void StreamLook::report_tail(const EntityRow& row, std::int64_t last, Finding finding) {
  EventGap gap{finding.position, row.position, row.version - last, std::nullopt};
  finding.kind = Difference::kLost;
  finding.place = FindingPlace::kRecord;
  finding.store = kRecordName;
  finding.expected_version = row.version;
  finding.actual_version = last;
  finding.expected = "version " + std::to_string(row.version);
  finding.actual = "no event for the stream's last version";
  finding.position = row.position;
  if (!scope_.beyond(row.position)) {
    own_.add(std::move(finding));
  } else if (!scope_.beyond(gap.after + 1)) {
    gap.unsure = std::move(finding);
  }
  gaps_.push_back(std::move(gap));
}

bool StreamLook::differs(const Seen& seen, const StreamKey& key, Finding& finding) const {
  finding.kind = Difference::kField;
  const EntityRow& row = *seen.before;
  finding.expected_version = row.version;
  finding.actual_version = row.version;
  auto folded = fold_to(seen.events, row.version);
  auto stored = read_content(streams_.format(), key.kind, row);
  if (!stored || !folded || !*folded) {
    finding.expected = "what its events fold to";
    finding.actual = !stored   ? stored.error().message
                     : !folded ? folded.error().message
                               : "events that cannot be folded";
    return true;
  }
  const Digest expected = digest_of(key, **folded);
  if (**folded == *stored && row.digest == expected) return false;
  const auto difference = first_difference((*folded)->state, stored->state);
  finding.field = difference.field.empty() ? "digest" : difference.field;
  finding.expected = difference.field.empty() ? to_string(expected) : difference.expected;
  finding.actual = difference.field.empty() ? to_string(row.digest) : difference.actual;
  return true;
}

}  // namespace cqrs
