#include "core/project/page_gate.h"

#include "core/events/codec.h"
#include "core/project/view_body.h"

#include <algorithm>

namespace cqrs {

Status PageGate::load(ProjectionStore& store, const Known& known, std::span<const Event> events) {
  std::vector<StreamKey> keys;
  keys.reserve(events.size());
  entries_.reserve(events.size());
  places_.reserve(events.size());
  for (const auto& event : events) {
    if (!places_.try_emplace(event.stream, entries_.size()).second) continue;
    Entry& entry = entries_.emplace_back();
    entry.state_known = known.written.none_before(event);
    if (!entry.state_known) keys.push_back(event.stream);
  }
  if (known.under_way != nullptr && !keys.empty()) take_from(*known.under_way, keys);
  if (keys.empty()) return {};
  auto rows = store.load(keys);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < keys.size(); ++i) start_from(keys[i], std::move((*rows)[i]));
  return {};
}

void PageGate::take_from(const ViewChanges& under_way, std::vector<StreamKey>& keys) {
  std::unordered_map<StreamKey, const ViewRow*> rows;
  rows.reserve(under_way.rows.size());
  for (const auto& row : under_way.rows) rows.emplace(row.key, &row);
  std::erase_if(keys, [&](const StreamKey& key) {
    const auto row = rows.find(key);
    if (row == rows.end()) return false;
    start_from(key, *row->second);
    return true;
  });
}

void PageGate::start_from(const StreamKey& key, std::optional<ViewRow> row) {
  Entry& entry = entry_of(key);
  entry.row = std::move(row);
  entry.state_known = !entry.row || entry.row->deleted;
}

Status PageGate::pass(const Event& event) {
  Entry& entry = entry_of(event.stream);
  const std::int64_t known = entry.row ? entry.row->version : 0;
  if (event.version <= known) {
    ++counters_.duplicates;
    return {};
  }
  if (parked_.contains(event.stream)) {
    park(event, make_error(ErrorCode::kCorrupt, "an earlier event of this aggregate is parked"));
    return {};
  }
  if (event.version > known + 1) CQRS_TRY(fill_gap(event, entry));
  apply(event, entry);
  return {};
}

Status PageGate::fill_gap(const Event& event, Entry& entry) {
  constexpr std::size_t kPage = 256;
  std::int64_t known = entry.row ? entry.row->version : 0;
  while (known + 1 < event.version) {
    const auto missing = static_cast<std::size_t>(event.version - known - 1);
    auto events = record_.read_stream(event.stream, known, std::min(missing, kPage));
    if (!events) return events.error();
    if (events->empty() || events->front().version != known + 1) {
      return make_error(ErrorCode::kCorrupt,
                        std::string(kind_name(event.stream.kind)) + " " +
                            to_string(event.stream.id) + " has no event for version " +
                            std::to_string(known + 1) + ": run cqrsctl verify --mode order");
    }
    for (const auto& earlier : *events) {
      if (earlier.version != known + 1) break;
      apply(earlier, entry);
      ++counters_.refetched;
      ++known;
    }
  }
  return {};
}

// An entity is there from its first event until it is deleted, which is its last.
Status PageGate::check_sense(const Event& event, const Entry& entry, bool exists_after) {
  const bool deleted = entry.row && entry.row->deleted;
  if (deleted) return make_error(ErrorCode::kCorrupt, event.type + " comes after a deletion");
  if (exists_after || entry.state) return {};
  return make_error(ErrorCode::kCorrupt, event.type + " applies to nothing");
}

void PageGate::apply(const Event& event, Entry& entry) {
  if (parked_.contains(event.stream)) {
    park(event, make_error(ErrorCode::kCorrupt, "an earlier event of this aggregate is parked"));
    return;
  }
  auto body = decode_event(event.type, event.schema_version, event.data);
  if (!body) return park(event, body.error());
  if (!entry.state_known) {
    auto view = parse_view(event.stream.kind, entry.row->body);
    if (!view) return park(event, view.error());
    entry.state = std::move(view->state);
    entry.state_known = true;
  }
  std::optional<State> next = entry.state;
  evolve(next, *body);
  if (auto status = check_sense(event, entry, next.has_value()); !status) {
    return park(event, status.error());
  }
  ViewRow row;
  row.key = event.stream;
  row.version = event.version;
  row.position = event.position;
  row.created_at = entry.row ? entry.row->created_at : event.recorded_at;
  row.updated_at = event.recorded_at;
  if (next) {
    render_view(row, *next);
  } else {
    render_tombstone(row);
  }
  if (!entry.changed) entry.before = std::move(entry.row);
  entry.row = std::move(row);
  entry.state = std::move(next);
  entry.changed = true;
  ++counters_.applied;
}

void PageGate::park(const Event& event, const Error& reason) {
  parked_.insert(event.stream);
  parked_now_.push_back({event, reason.message});
  ++counters_.parked;
}

ViewChanges PageGate::take_changes() {
  ViewChanges changes;
  changes.rows.reserve(entries_.size());
  changes.before.reserve(entries_.size());
  for (auto& entry : entries_) {
    if (!entry.changed) continue;
    changes.rows.push_back(std::move(*entry.row));
    changes.before.push_back(std::move(entry.before));
  }
  changes.parked = std::move(parked_now_);
  return changes;
}

}  // namespace cqrs
