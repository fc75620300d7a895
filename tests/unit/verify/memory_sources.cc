#include "tests/unit/verify/memory_sources.h"

#include "core/base/hash.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace cqrs::support {
namespace {

EntityRow row_of(const StreamRecord& stream) {
  return {stream.key.id, stream.version,  stream.deleted,
          stream.digest, stream.position, stream.state};
}

EntityRow row_of(const ViewRow& view) {
  return {view.key.id, view.version, view.deleted, view.digest, view.position, view.body};
}

template <class Rows>
BucketSums sums_of(const Rows& rows, Kind kind) {
  BucketSums sums;
  for (const auto& [key, row] : rows) {
    if (key.kind == kind) sums.add(bucket_of(key.id), row.digest);
  }
  return sums;
}

template <class Rows>
std::vector<EntityRow> page_of(const Rows& rows, Kind kind, const Uuid& after, std::size_t limit) {
  std::vector<EntityRow> out;
  for (auto at = rows.upper_bound({kind, after}); at != rows.end(); ++at) {
    if (at->first.kind != kind || out.size() == limit) break;
    out.push_back(row_of(at->second));
  }
  return out;
}

template <class Rows>
std::vector<EntityRow> rows_in(const Rows& rows, Kind kind, std::span<const int> buckets) {
  std::vector<EntityRow> out;
  for (const auto& [key, row] : rows) {
    const int bucket = bucket_of(key.id);
    if (key.kind == kind && std::binary_search(buckets.begin(), buckets.end(), bucket)) {
      out.push_back(row_of(row));
    }
  }
  return out;
}

template <class Rows>
std::optional<EntityRow> find_in(const Rows& rows, const StreamKey& key) {
  const auto at = rows.find(key);
  if (at == rows.end()) return std::nullopt;
  return row_of(at->second);
}

auto place_of(const Event& event) {
  return std::tuple(event.stream.id, event.version, event.position);
}

}  // namespace

Result<BucketSums> MemoryStreams::sums(Kind kind) {
  before_("streams.sums");
  return sums_of(record_.streams, kind);
}

Result<std::vector<EntityRow>> MemoryStreams::page(Kind kind, const Uuid& after, std::size_t limit,
                                                   bool /*with_content*/) {
  before_("streams.page");
  return page_of(record_.streams, kind, after, limit);
}

Result<std::vector<EntityRow>> MemoryStreams::rows_of(Kind kind, std::span<const int> buckets) {
  before_("streams.page");
  return rows_in(record_.streams, kind, buckets);
}

Result<std::optional<EntityRow>> MemoryStreams::fetch(const StreamKey& key) {
  before_("streams.fetch");
  return find_in(record_.streams, key);
}

Result<Position> MemoryViewSource::position() {
  before_("views.position");
  return views_.checkpoint.applied;
}

Result<BucketSums> MemoryViewSource::sums(Kind kind) {
  before_("views.sums");
  return sums_of(views_.rows, kind);
}

Result<std::vector<EntityRow>> MemoryViewSource::page(Kind kind, const Uuid& after,
                                                      std::size_t limit, bool /*with_content*/) {
  before_("views.page");
  return page_of(views_.rows, kind, after, limit);
}

Result<std::vector<EntityRow>> MemoryViewSource::rows_of(Kind kind, std::span<const int> buckets) {
  before_("views.page");
  return rows_in(views_.rows, kind, buckets);
}

Result<std::optional<EntityRow>> MemoryViewSource::fetch(const StreamKey& key) {
  before_("views.fetch");
  return find_in(views_.rows, key);
}

Result<Position> MemoryAudit::head() {
  before_("record.head");
  Position head = 0;
  for (const auto& event : record_.events) head = std::max(head, event.position);
  return head;
}

Result<std::vector<Position>> MemoryAudit::missing(Position up_to, std::size_t most) {
  before_("record.missing");
  std::unordered_set<Position> present;
  for (const auto& event : record_.events) present.insert(event.position);
  std::vector<Position> holes;
  for (Position at = 1; at <= up_to && holes.size() < most; ++at) {
    if (!present.contains(at)) holes.push_back(at);
  }
  return holes;
}

std::vector<Event> MemoryAudit::sorted(Kind kind) const {
  std::vector<Event> events;
  for (const auto& event : record_.events) {
    if (event.stream.kind == kind) events.push_back(event);
  }
  std::sort(events.begin(), events.end(),
            [](const Event& left, const Event& right) { return place_of(left) < place_of(right); });
  return events;
}

Result<std::vector<Event>> MemoryAudit::page(Kind kind, const EventPlace& after, std::size_t limit,
                                             bool /*with_data*/) {
  before_("record.page");
  std::vector<Event> out;
  for (const auto& event : sorted(kind)) {
    const bool later = place_of(event) > std::tuple(after.stream, after.version, after.position);
    if (later && out.size() < limit) out.push_back(event);
  }
  return out;
}

Result<std::vector<Event>> MemoryAudit::stream(const StreamKey& key) {
  before_("record.stream");
  std::vector<Event> out;
  for (const auto& event : sorted(key.kind)) {
    if (event.stream == key) out.push_back(event);
  }
  return out;
}

}  // namespace cqrs::support
