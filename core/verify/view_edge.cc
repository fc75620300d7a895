#include "core/verify/view_edge.h"

#include "core/verify/content.h"
#include "core/verify/cursors.h"
#include "core/verify/second_look.h"

#include <algorithm>

namespace cqrs {
namespace {

// Up to here the rows of differing buckets are read by bucket and held in memory; beyond it both
// sides are walked as a whole.
constexpr std::size_t kFewBuckets = 256;

class Comparison {
 public:
  Comparison(const ViewEdge& edge, Kind kind, CompareMode mode, Findings& findings,
             const Scope& scope)
      : edge_(edge), kind_(kind), mode_(mode), findings_(findings), scope_(scope) {}

  Result<ViewCheck> run() {
    std::vector<int> buckets;
    if (mode_ != CompareMode::kDeep) {
      auto written = edge_.streams.sums(kind_);
      if (!written) return written.error();
      auto shown = edge_.views.sums(kind_);
      if (!shown) return shown.error();
      check_.entities = written->entities();
      if (mode_ == CompareMode::kCounts && written->entities() == shown->entities()) return check_;
      buckets = written->differing(*shown);
      if (buckets.empty()) return check_;
    }
    if (mode_ != CompareMode::kDeep && buckets.size() <= kFewBuckets) {
      CQRS_TRY(compare_buckets(buckets));
    } else {
      CQRS_TRY(merge(buckets));
    }
    check_.rows_fetched += static_cast<std::int64_t>(candidates_.size()) * 2;
    const bool deep = mode_ == CompareMode::kDeep;
    CQRS_TRY(look_again(edge_, kind_, candidates_, deep, findings_, scope_));
    return check_;
  }

 private:
  // Reads the rows of these buckets alone, and lets the write side tell which it has otherwise.
  Status compare_buckets(const std::vector<int>& buckets) {
    auto shown = edge_.views.rows_of(kind_, buckets);
    if (!shown) return shown.error();
    auto unlike = edge_.streams.unlike(kind_, buckets, *shown);
    if (!unlike) return unlike.error();
    const auto rows = static_cast<std::int64_t>(shown->size()) + unlike->rows_fetched;
    CQRS_TRY(report_page(&scope_, static_cast<std::size_t>(rows)));
    check_.rows_fetched += rows;
    candidates_ = std::move(unlike->ids);
    return {};
  }

  // Walks both sides in order of id and keeps the ids at which they differ.
  Status merge(const std::vector<int>& buckets) {
    const bool deep = mode_ == CompareMode::kDeep;
    // Of the streams the digest is enough: their content is proven on their own edge.
    EntityCursor written(edge_.streams, kind_, false, &scope_);
    EntityCursor shown(edge_.views, kind_, deep, &scope_);
    CQRS_TRY(written.advance());
    CQRS_TRY(shown.advance());
    while (written.row() != nullptr || shown.row() != nullptr) {
      const EntityRow* left = written.row();
      const EntityRow* right = shown.row();
      const Uuid id = left == nullptr                            ? right->id
                      : right == nullptr || left->id < right->id ? left->id
                                                                 : right->id;
      if (left != nullptr && left->id != id) left = nullptr;
      if (right != nullptr && right->id != id) right = nullptr;
      if (deep) {
        check_.entities += left != nullptr ? 1 : 0;
        check_.rows_fetched += 1;
      }
      const bool chosen = deep || std::binary_search(buckets.begin(), buckets.end(), bucket_of(id));
      if (chosen && !equal(left, right)) candidates_.push_back(id);
      if (left != nullptr) CQRS_TRY(written.advance());
      if (right != nullptr) CQRS_TRY(shown.advance());
    }
    return {};
  }

  [[nodiscard]] bool equal(const EntityRow* written, const EntityRow* shown) const {
    if (written == nullptr || shown == nullptr) return false;
    if (written->version != shown->version || written->digest != shown->digest) return false;
    if (mode_ != CompareMode::kDeep) return true;
    auto content = read_content(edge_.views.format(), kind_, *shown);
    return content.ok() && digest_of({kind_, shown->id}, *content) == written->digest;
  }

  const ViewEdge& edge_;
  Kind kind_;
  CompareMode mode_;
  Findings& findings_;
  const Scope& scope_;
  ViewCheck check_;
  std::vector<Uuid> candidates_;
};

}  // namespace

Result<ViewCheck> check_view(const ViewEdge& edge, Kind kind, CompareMode mode, Findings& findings,
                             const Scope& scope) {
  return Comparison(edge, kind, mode, findings, scope).run();
}

}  // namespace cqrs
