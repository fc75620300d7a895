#include "core/verify/entity_source.h"

namespace cqrs {

Result<Unlike> EntitySource::unlike(Kind kind, std::span<const int> buckets,
                                    const std::vector<EntityRow>& others) {
  auto own = rows_of(kind, buckets);
  if (!own) return own.error();
  Unlike unlike;
  unlike.rows_fetched = static_cast<std::int64_t>(own->size());
  auto left = own->cbegin();
  auto right = others.cbegin();
  while (left != own->cend() || right != others.cend()) {
    const bool no_left = left == own->cend();
    const bool no_right = right == others.cend();
    const Uuid id = no_left || (!no_right && right->id < left->id) ? right->id : left->id;
    const bool on_left = !no_left && left->id == id;
    const bool on_right = !no_right && right->id == id;
    if (!on_left || !on_right || left->version != right->version || left->digest != right->digest) {
      unlike.ids.push_back(id);
    }
    if (on_left) ++left;
    if (on_right) ++right;
  }
  return unlike;
}

}  // namespace cqrs
