#include "core/adapters/postgres/presumption.h"

#include "core/adapters/postgres/write_statements.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace cqrs::postgres {
namespace {

// Each failure may leave an error in the server's log.
constexpr int kLongestPause = 1'024;
// Only what is loaded tells which old records may be forgotten. Often enough that no more are added
// meanwhile than go at once.
constexpr std::size_t kAddedMax = 1'000;

template <class Wanted, class Given>
bool all_in(const Wanted& wanted, const Given& given) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& each) { return given.contains(each); });
}

}  // namespace

std::optional<Loaded> Presumption::begin(const Touched& touched) {
  const auto head = std::exchange(head_, std::nullopt);
  if (!head || touched.streams.empty()) return std::nullopt;
  if (added_ > 0 && added_ + touched.requests.size() > kAddedMax) return std::nullopt;
  if (left_ > 0) {
    --left_;
    return std::nullopt;
  }
  Loaded loaded;
  loaded.head = *head;
  loaded.streams.resize(touched.streams.size());
  loaded.claim_owners.resize(touched.claims.size());
  loaded.requests.resize(touched.requests.size());
  return loaded;
}

bool Presumption::proven_by(const Changes& changes, const Touched& touched) {
  if (!changes.released.empty() || !changes.upgrades.empty()) return false;
  const auto created = created_by(changes);
  const auto adds = [&](const StreamRecord& stream) {
    return !stream.deleted && created.contains(stream.key);
  };
  if (!std::all_of(changes.streams.begin(), changes.streams.end(), adds)) return false;
  if (!all_in(touched.streams, created)) return false;
  std::unordered_set<Claim> taken;
  for (const auto& change : changes.taken) taken.insert(change.claim);
  if (!all_in(touched.claims, taken)) return false;
  std::unordered_set<Uuid> remembered;
  for (const auto& request : changes.requests) remembered.insert(request.key);
  return all_in(touched.requests, remembered);
}

void Presumption::held(const Changes& changes) {
  pause_ = 0;
  added_ += std::max<std::size_t>(changes.requests.size(), 1);
  head_ = changes.events.back().position;
}

void Presumption::failed() {
  pause_ = std::clamp(2 * pause_, 1, kLongestPause);
  left_ = pause_;
}

}  // namespace cqrs::postgres
