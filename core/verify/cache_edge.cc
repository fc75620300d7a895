#include "core/verify/cache_edge.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"

#include <optional>
#include <string>
#include <unordered_set>

namespace cqrs {
namespace {

bool equal(const ViewRow& cached, const EntityRow& shown) {
  return cached.version == shown.version && cached.deleted == shown.deleted &&
         cached.digest == shown.digest && cached.body == shown.content;
}

class CacheComparison {
 public:
  CacheComparison(const CacheEdge& edge, Findings& findings, const Scope& scope)
      : edge_(edge), findings_(findings), scope_(scope) {}

  Result<CacheCheck> run() {
    std::string from;
    do {
      auto page = edge_.cache.page(from, kVerifyPage);
      if (!page) return page.error();
      CQRS_TRY(report_page(&scope_, page->entries.size()));
      for (const auto& entry : page->entries) CQRS_TRY(look(entry));
      from = std::move(page->next);
    } while (!from.empty());
    return check_;
  }

 private:
  Status look(const CacheAudit::Entry& entry) {
    if (!seen_.insert(entry.row.key).second) return {};
    if (!entry.trusted) {
      ++check_.untrusted;
      return {};
    }
    ++check_.compared;
    ++check_.rows_fetched;
    auto shown = edge_.views.fetch(entry.row.key);
    if (!shown) return shown.error();
    if (*shown && equal(entry.row, **shown)) return {};
    return look_again(entry.row.key);
  }

  // The view, then the cache, then the view: an entry stands between the two versions it may have.
  Status look_again(const StreamKey& key) {
    auto before = edge_.views.fetch(key);
    if (!before) return before.error();
    auto cached = edge_.cache.trusted(key);
    if (!cached) return cached.error();
    auto after = edge_.views.fetch(key);
    if (!after) return after.error();
    check_.rows_fetched += 2;
    if (!*cached) return {};
    judge(**cached, *before, *after);
    return {};
  }

  void judge(const ViewRow& cached, const std::optional<EntityRow>& before,
             const std::optional<EntityRow>& after) {
    Finding finding;
    finding.place = FindingPlace::kCache;
    finding.entity = cached.key;
    finding.store = "cache of " + edge_.views.name();
    finding.actual_version = cached.version;
    finding.position = cached.position;
    finding.actual = "version " + std::to_string(cached.version);
    if (!after || cached.version > after->version) {
      finding.kind = Difference::kPhantom;
      finding.expected_version = after ? after->version : 0;
      finding.expected = after ? "version " + std::to_string(after->version) : "no row";
      return findings_.add(std::move(finding));
    }
    finding.expected_version = after->version;
    if (before && cached.version < before->version) {
      finding.kind = Difference::kStale;
      finding.expected = "version " + std::to_string(before->version);
      return findings_.add(std::move(finding));
    }
    if (cached.version != after->version || equal(cached, *after)) return;
    finding.kind = Difference::kField;
    report_field(cached, *after, finding);
    findings_.add(std::move(finding));
  }

  // Which field: as far as both can be read.
  void report_field(const ViewRow& cached, const EntityRow& shown, Finding& finding) {
    EntityRow row{cached.key.id, cached.version,  cached.deleted,
                  cached.digest, cached.position, cached.body};
    finding.expected = to_string(shown.digest);
    finding.actual = to_string(cached.digest);
    finding.field = "digest";
    if (cached.digest == shown.digest) finding.field = "body";
    auto expected = read_content(edge_.views.format(), cached.key.kind, shown);
    auto actual = read_content(edge_.views.format(), cached.key.kind, row);
    if (!actual) finding.actual = actual.error().message;
    if (!expected || !actual) return;
    auto difference = first_difference(expected->state, actual->state);
    if (difference.field.empty()) return;
    finding.field = std::move(difference.field);
    finding.expected = std::move(difference.expected);
    finding.actual = std::move(difference.actual);
  }

  const CacheEdge& edge_;
  Findings& findings_;
  const Scope& scope_;
  CacheCheck check_;
  std::unordered_set<StreamKey> seen_;
};

}  // namespace

Result<CacheCheck> check_cache(const CacheEdge& edge, Findings& findings, const Scope& scope) {
  return CacheComparison(edge, findings, scope).run();
}

}  // namespace cqrs
