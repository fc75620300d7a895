// What verify compares, whichever profile it comes from.
#pragma once

#include "core/log/event_log.h"
#include "core/read/cache.h"
#include "core/verify/entity_source.h"
#include "core/verify/event_copies.h"
#include "core/write/history.h"

#include <memory>

namespace cqrs {

struct Sources {
  std::unique_ptr<EntitySource> streams;
  std::unique_ptr<EntitySource> views;  // not where only the record was opened
  std::unique_ptr<EventAudit> record;
  std::unique_ptr<EventLog> topics;  // these two only where events are published, with the views
  std::unique_ptr<History> history;
  std::unique_ptr<CacheAudit> cache;    // only where there is one, with the views
  std::unique_ptr<EventCopies> copies;  // likewise
  int generation = 0;
};

}  // namespace cqrs
