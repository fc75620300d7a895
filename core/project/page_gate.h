// The gate for one page of events: holds the rows that the page touches while they change. Internal
// to the projector.
#pragma once

#include "core/domain/aggregate.h"
#include "core/project/projection_store.h"
#include "core/project/projector.h"

#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace cqrs {

class PageGate {
 public:
  PageGate(History& record, std::unordered_set<StreamKey>& parked, ProjectorCounters& counters)
      : record_(record), parked_(parked), counters_(counters) {}

  // Where rows stand that the store need not be asked for.
  struct Known {
    const WrittenRows& written;
    const ViewChanges* under_way = nullptr;  // not stored yet, or perhaps; nullptr: there are none
  };
  [[nodiscard]] Status load(ProjectionStore& store, const Known& known,
                            std::span<const Event> events);
  [[nodiscard]] Status pass(const Event& event);
  // Rows that changed and events that were parked; the checkpoint is the caller's.
  [[nodiscard]] ViewChanges take_changes();

 private:
  struct Entry {
    std::optional<ViewRow> row;
    std::optional<ViewRow> before;  // the row that the first change took the place of
    std::optional<State> state;
    bool state_known = false;  // the row's body was parsed, or there is none
    bool changed = false;
  };

  // Takes the rows of `keys` from there; leaves the keys whose rows are not there.
  void take_from(const ViewChanges& under_way, std::vector<StreamKey>& keys);
  void start_from(const StreamKey& key, std::optional<ViewRow> row);
  [[nodiscard]] Status fill_gap(const Event& event, Entry& entry);
  [[nodiscard]] static Status check_sense(const Event& event, const Entry& entry,
                                          bool exists_after);
  void apply(const Event& event, Entry& entry);
  void park(const Event& event, const Error& reason);

  History& record_;
  std::unordered_set<StreamKey>& parked_;
  ProjectorCounters& counters_;
  [[nodiscard]] Entry& entry_of(const StreamKey& key) { return entries_[places_.at(key)]; }
  // In the order in which the page names them: new rows then come in order of id, and append.
  std::vector<Entry> entries_;
  std::unordered_map<StreamKey, std::size_t> places_;
  std::vector<ParkedEvent> parked_now_;
};

}  // namespace cqrs
