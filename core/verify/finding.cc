#include "core/verify/finding.h"

namespace cqrs {

std::string_view difference_name(Difference difference) {
  switch (difference) {
    case Difference::kLost:
      return "lost";
    case Difference::kDuplicate:
      return "dup";
    case Difference::kPhantom:
      return "phantom";
    case Difference::kStale:
      return "stale";
    case Difference::kOrder:
      return "order";
    case Difference::kField:
      return "field";
  }
  return "unknown";
}

}  // namespace cqrs
