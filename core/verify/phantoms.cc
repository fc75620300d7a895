#include "core/verify/phantoms.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"

#include <algorithm>
#include <unordered_set>

namespace cqrs {
namespace {

std::vector<Claim> claims_in(const EntitySource& views, Kind kind, const EntityRow& row) {
  auto content = read_content(views.format(), kind, row);
  if (!content || !content->state) return {};
  return claims_of(*content->state);
}

// Of the phantoms' unique values, those that some other row of the view holds too.
Result<std::unordered_set<Claim>> held_by_others(EntitySource& views, Kind kind,
                                                 const std::vector<Phantom>& phantoms,
                                                 const Scope& scope) {
  std::unordered_set<Claim> shared;
  std::unordered_set<Claim> wanted;
  std::unordered_set<Uuid> own;
  for (const auto& phantom : phantoms) {
    for (auto& claim : claims_in(views, kind, phantom.row)) wanted.insert(std::move(claim));
    own.insert(phantom.row.id);
  }
  if (wanted.empty()) return shared;
  EntityCursor rows(views, kind, true, &scope);
  CQRS_TRY(rows.advance());
  while (rows.row() != nullptr) {
    if (!own.contains(rows.row()->id)) {
      for (auto& claim : claims_in(views, kind, *rows.row())) {
        if (wanted.contains(claim)) shared.insert(std::move(claim));
      }
    }
    CQRS_TRY(rows.advance());
  }
  return shared;
}

}  // namespace

Status name_phantoms(EntitySource& views, Kind kind, std::vector<Phantom> phantoms,
                     Findings& findings, const Scope& scope) {
  if (phantoms.empty()) return {};
  auto shared = held_by_others(views, kind, phantoms, scope);
  if (!shared) return shared.error();
  for (auto& [row, finding] : phantoms) {
    const auto claims = claims_in(views, kind, row);
    const auto twice = std::find_if(claims.begin(), claims.end(),
                                    [&](const Claim& claim) { return shared->contains(claim); });
    if (twice != claims.end()) {
      finding.kind = Difference::kDuplicate;
      finding.field = claim_field_name(twice->field);
      finding.expected = "held by one " + std::string(kind_name(kind));
      finding.actual = "held by a second row";
    } else {
      finding.kind = Difference::kPhantom;
      finding.expected = finding.expected_version == 0
                             ? "no such entity"
                             : "version " + std::to_string(finding.expected_version);
      finding.actual = "version " + std::to_string(row.version);
    }
    finding.position = row.position;
    findings.add(std::move(finding));
  }
  return {};
}

}  // namespace cqrs
