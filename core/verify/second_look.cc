#include "core/verify/second_look.h"

#include "core/verify/content.h"
#include "core/verify/phantoms.h"

#include <algorithm>

namespace cqrs {
namespace {

// Position and age of the event that made `version`; position 0 when there is none.
void locate(Finding& finding, const std::vector<Event>& events, std::int64_t version) {
  finding.position = 0;
  const auto at = std::find_if(events.begin(), events.end(),
                               [&](const Event& event) { return event.version == version; });
  if (at == events.end()) return;
  finding.position = at->position;
  finding.recorded_at = at->recorded_at;
}

// Whether the content is what the entity was at an earlier version.
bool is_older(const Content& actual, std::int64_t version, const std::vector<Event>& events) {
  Content content;
  for (const auto& event : events) {
    if (event.version >= version) break;
    if (!fold_one(content, event)) return false;
    if (content.state == actual.state) return true;
  }
  return false;
}

class SecondLook {
 public:
  SecondLook(const ViewEdge& edge, Kind kind, bool deep, Findings& findings, const Scope& scope)
      : edge_(edge), kind_(kind), deep_(deep), findings_(findings), scope_(scope) {}

  Status look(const Uuid& id) {
    // The applied position is read first, the record last: whatever the position covers must be in
    // the row, and whatever is in the row must be in the stream and the events.
    auto applied = edge_.views.position();
    if (!applied) return applied.error();
    auto shown = edge_.views.fetch({kind_, id});
    if (!shown) return shown.error();
    auto written = edge_.streams.fetch({kind_, id});
    if (!written) return written.error();
    auto events = edge_.record.stream({kind_, id});
    if (!events) return events.error();
    due_ = scope_.cut ? std::min(*applied, *scope_.cut) : *applied;

    Finding finding;
    finding.place = FindingPlace::kView;
    finding.entity = {kind_, id};
    finding.store = edge_.views.name();
    finding.expected_version = *written ? (*written)->version : 0;
    finding.actual_version = *shown ? (*shown)->version : 0;
    own_ = Findings(findings_.limit);
    if (!*shown) {
      absent(*written, *events, std::move(finding));
    } else if (!*written || (*shown)->version > (*written)->version) {
      unknown(std::move(**shown), *events, std::move(finding));
    } else {
      CQRS_TRY(compare(**written, **shown, *events, std::move(finding)));
    }
    if (own_.total() > 0 && scope_.too_young(*events)) {
      ++findings_.too_young;
    } else {
      findings_.add(own_);
    }
    return {};
  }

  Status finish() {
    return name_phantoms(edge_.views, kind_, std::move(phantoms_), findings_, scope_);
  }

 private:
  void absent(const std::optional<EntityRow>& written, const std::vector<Event>& events,
              Finding finding) {
    if (!written) return;
    locate(finding, events, 1);
    // Not due yet: pending, not lost. A position of 0 means its first event is missing as well.
    if (finding.position > due_ || (finding.position == 0 && scope_.beyond(written->position))) {
      return;
    }
    finding.kind = Difference::kLost;
    finding.expected = "version " + std::to_string(written->version);
    finding.actual = "no row";
    own_.add(std::move(finding));
  }

  void unknown(EntityRow row, const std::vector<Event>& events, Finding finding) {
    if (scope_.beyond(row.position)) return;
    if (scope_.too_young(events)) {
      ++findings_.too_young;
      return;
    }
    locate(finding, events, row.version);
    phantoms_.push_back({std::move(row), std::move(finding)});
  }

  Status compare(const EntityRow& written, const EntityRow& shown, const std::vector<Event>& events,
                 Finding finding) {
    locate(finding, events, shown.version + 1);
    const bool behind = shown.version < written.version;
    const bool due =
        finding.position <= due_ && (finding.position > 0 || !scope_.beyond(written.position));
    if (behind && due) {
      finding.kind = Difference::kStale;
      finding.expected = "version " + std::to_string(written.version);
      finding.actual = "version " + std::to_string(shown.version);
      own_.add(std::move(finding));
      return {};
    }
    // Equal versions, or the rest is still on its way: the content must be right at its version.
    finding.expected_version = shown.version;
    locate(finding, events, shown.version);
    auto expected = expected_at(written, events, shown.version);
    if (!expected) return expected.error();
    // Without its events the row cannot be judged here; the record's own edge reports that.
    if (*expected) report_content(**expected, shown, events, std::move(finding));
    return {};
  }

  Result<std::optional<Content>> expected_at(const EntityRow& written,
                                             const std::vector<Event>& events,
                                             std::int64_t version) {
    if (written.version != version) return fold_to(events, version);
    auto content = read_content(edge_.streams.format(), kind_, written);
    if (content) return std::optional<Content>(std::move(*content));
    // The stream cannot be read, which its own edge reports: the events tell what it should say.
    return fold_to(events, version);
  }

  void report_content(const Content& expected, const EntityRow& shown,
                      const std::vector<Event>& events, Finding finding) {
    const StreamKey key{kind_, shown.id};
    const Digest right = digest_of(key, expected);
    auto actual = read_content(edge_.views.format(), kind_, shown);
    if (shown.digest == right && (!deep_ || (actual.ok() && digest_of(key, *actual) == right))) {
      return;
    }
    finding.kind = Difference::kField;
    if (!actual) {
      finding.expected = "a document that can be read";
      finding.actual = actual.error().message;
    } else if (is_older(*actual, expected.version, events)) {
      finding.kind = Difference::kStale;
      finding.actual_version = actual->version;
      finding.expected = "the content of version " + std::to_string(expected.version);
      finding.actual = "older content under that version number";
    } else {
      auto difference = first_difference(expected.state, actual->state);
      const bool only_digest = difference.field.empty();
      finding.field = only_digest ? "digest" : std::move(difference.field);
      finding.expected = only_digest ? to_string(right) : std::move(difference.expected);
      finding.actual = only_digest ? to_string(shown.digest) : std::move(difference.actual);
    }
    own_.add(std::move(finding));
  }

  const ViewEdge& edge_;
  Kind kind_;
  bool deep_;
  Findings& findings_;
  const Scope& scope_;
  Position due_ = 0;  // events up to here must be in the view
  Findings own_;      // of the entity at hand
  std::vector<Phantom> phantoms_;
};

}  // namespace

Status look_again(const ViewEdge& edge, Kind kind, const std::vector<Uuid>& candidates, bool deep,
                  Findings& findings, const Scope& scope) {
  SecondLook look(edge, kind, deep, findings, scope);
  for (const auto& id : candidates) CQRS_TRY(look.look(id));
  return look.finish();
}

}  // namespace cqrs
