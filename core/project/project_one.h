// The row that a projector writes for one entity when it is given that entity's events and nothing
// else: what a view must hold, made by the very code that fills views.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"
#include "core/read/view_row.h"

#include <vector>

namespace cqrs {

// `events` are all those of one entity: versions 1, 2, 3 … at rising positions. Error: corrupt when
// one of them cannot be applied, with the reason for which a projector would park it.
[[nodiscard]] Result<ViewRow> project_one(std::vector<Event> events);

}  // namespace cqrs
