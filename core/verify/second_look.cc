#include "core/verify/second_look.h"

#include "core/verify/cursors.h"

#include <unordered_set>

namespace cqrs {
namespace {

class SecondLook {
 public:
  SecondLook(const ViewEdge& edge, Kind kind, bool deep, Findings& findings)
      : edge_(edge), kind_(kind), deep_(deep), findings_(findings) {}

  Status look(const Uuid& id) {
    // The applied position is read first: whatever it covers must be in the row read after it.
    auto applied = edge_.views.position();
    if (!applied) return applied.error();
    auto shown = edge_.views.fetch({kind_, id});
    if (!shown) return shown.error();
    auto written = edge_.streams.fetch({kind_, id});
    if (!written) return written.error();
    auto events = edge_.record.stream({kind_, id});
    if (!events) return events.error();

    Finding finding;
    finding.entity = {kind_, id};
    finding.store = edge_.views.name();
    finding.expected_version = *written ? (*written)->version : 0;
    finding.actual_version = *shown ? (*shown)->version : 0;
    if (!*shown) return absent(*written, *events, *applied, std::move(finding));
    if (!*written || (*shown)->version > (*written)->version) {
      phantoms_.push_back({std::move(**shown), std::move(finding)});
      return {};
    }
    return compare(**written, **shown, *events, *applied, std::move(finding));
  }

  // Rows that the write side does not know: a second row with another one's unique field is a
  // duplicate, everything else a phantom.
  Status name_phantoms() {
    if (phantoms_.empty()) return {};
    auto shared = emails_held_by_others();
    if (!shared) return shared.error();
    for (auto& [row, finding] : phantoms_) {
      const std::string email = email_of(row);
      const bool duplicate = !email.empty() && shared->contains(email);
      finding.kind = duplicate ? Difference::kDuplicate : Difference::kPhantom;
      if (duplicate) {
        finding.field = "email";
        finding.expected = "held by one user";
      } else {
        finding.expected = finding.expected_version == 0
                               ? "no such entity"
                               : "version " + std::to_string(finding.expected_version);
      }
      finding.actual =
          duplicate ? "held by a second row" : "version " + std::to_string(row.version);
      finding.position = row.position;
      findings_.add(std::move(finding));
    }
    return {};
  }

 private:
  // Position and age of the event that made `version`; 0 when there is none.
  static void locate(Finding& finding, const std::vector<Event>& events, std::int64_t version) {
    finding.position = 0;
    for (const auto& event : events) {
      if (event.version != version) continue;
      finding.position = event.position;
      finding.recorded_at = event.recorded_at;
    }
  }

  Status absent(const std::optional<EntityRow>& written, const std::vector<Event>& events,
                Position applied, Finding finding) {
    if (!written) return {};
    locate(finding, events, 1);
    // Not applied yet: pending, not lost. A position of 0 means its first event is missing as well.
    if (finding.position > applied) return {};
    finding.kind = Difference::kLost;
    finding.expected = "version " + std::to_string(written->version);
    finding.actual = "no row";
    findings_.add(std::move(finding));
    return {};
  }

  Status compare(const EntityRow& written, const EntityRow& shown, const std::vector<Event>& events,
                 Position applied, Finding finding) {
    locate(finding, events, shown.version + 1);
    const bool behind = shown.version < written.version;
    if (behind && finding.position <= applied) {
      finding.kind = Difference::kStale;
      finding.expected = "version " + std::to_string(written.version);
      finding.actual = "version " + std::to_string(shown.version);
      findings_.add(std::move(finding));
      return {};
    }
    // Equal versions, or the rest is still on its way: the content must be right at its version.
    finding.expected_version = shown.version;
    locate(finding, events, shown.version);
    auto expected = expected_at(written, events, shown.version);
    if (!expected) return expected.error();
    report_content(*expected, shown, events, std::move(finding));
    return {};
  }

  Result<Content> expected_at(const EntityRow& written, const std::vector<Event>& events,
                              std::int64_t version) {
    if (written.version == version) return read_content(edge_.streams.format(), kind_, written);
    auto folded = fold_to(events, version);
    if (!folded) return folded.error();
    return *folded ? **folded : Content{};
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
    findings_.add(std::move(finding));
  }

  // Whether the content is what the entity was at an earlier version.
  static bool is_older(const Content& actual, std::int64_t version,
                       const std::vector<Event>& events) {
    for (std::int64_t earlier = version - 1; earlier >= 1; --earlier) {
      auto folded = fold_to(events, earlier);
      if (folded.ok() && *folded && (*folded)->state == actual.state) return true;
    }
    return false;
  }

  std::string email_of(const EntityRow& row) const {
    auto content = read_content(edge_.views.format(), kind_, row);
    if (!content || !content->state) return {};
    const auto* user = std::get_if<UserState>(&*content->state);
    return user == nullptr ? std::string() : user->personal.email;
  }

  // Of the phantoms' e-mail addresses, those that some other row of the view holds too.
  Result<std::unordered_set<std::string>> emails_held_by_others() {
    std::unordered_set<std::string> shared;
    if (kind_ != Kind::kUser) return shared;
    std::unordered_set<std::string> wanted;
    std::unordered_set<Uuid> own;
    for (const auto& [row, finding] : phantoms_) {
      wanted.insert(email_of(row));
      own.insert(row.id);
    }
    EntityCursor rows(edge_.views, kind_, true);
    CQRS_TRY(rows.advance());
    while (rows.row() != nullptr) {
      if (!own.contains(rows.row()->id)) {
        const std::string email = email_of(*rows.row());
        if (wanted.contains(email)) shared.insert(email);
      }
      CQRS_TRY(rows.advance());
    }
    return shared;
  }

  struct Phantom {
    EntityRow row;
    Finding finding;
  };
  const ViewEdge& edge_;
  Kind kind_;
  bool deep_;
  Findings& findings_;
  std::vector<Phantom> phantoms_;
};

}  // namespace

Status look_again(const ViewEdge& edge, Kind kind, const std::vector<Uuid>& candidates, bool deep,
                  Findings& findings) {
  SecondLook look(edge, kind, deep, findings);
  for (const auto& id : candidates) CQRS_TRY(look.look(id));
  return look.name_phantoms();
}

}  // namespace cqrs
