// Whether the topics hold what the record will hold at the positions that a repair changes.
#pragma once

#include "core/log/event_log.h"

#include <functional>
#include <map>
#include <string>

namespace cqrs {

// The event at each position; nil: none.
using EventPlaces = std::map<Position, Uuid>;

// Reads the topics to their end. `published`: the position they must have reached by then. Gives in
// which way they disagree, for people; empty: they do not. Errors: unavailable (also: the topics do
// not reach `published`), and those of `keep`, which is called for every page.
[[nodiscard]] Result<std::string> disagreement(EventLog& topics, const EventPlaces& places,
                                               Position published,
                                               const std::function<Status()>& keep);

}  // namespace cqrs
