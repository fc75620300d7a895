// Leases: at most one owner per name, told apart by an epoch that only grows. What an owner does is
// guarded by its epoch where it takes effect, so that one who was paused past his lease and wakes
// up can change nothing. Also the progress of the relay, the one thing that is guarded right here.
#pragma once

#include "core/base/result.h"
#include "core/events/event.h"
#include "core/log/event_log.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cqrs {

// How far a publisher has come.
struct Published {
  Position position = 0;  // every event up to here is durable in the log
  Uuid event_id;          // of the event at `position`; nil at the beginning
  Cursor cursor;          // as EventPublisher::publish() gave it there; empty: none yet
  friend bool operator==(const Published&, const Published&) = default;
};

// Used by one thread at a time; open one per thread. Time is the store's own, so that the clocks of
// the owners do not matter. Every method: unavailable when the store cannot be reached.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  // Becomes the owner of `name` for `ttl`, if it is free, expired, or `owner`'s own already (then
  // with a new epoch all the same). The epoch is larger than every earlier one of this name;
  // nothing: somebody else owns it.
  [[nodiscard]] virtual Result<std::optional<std::int64_t>> acquire(
      const std::string& name, const std::string& owner, std::chrono::milliseconds ttl) = 0;
  // Owns it for `ttl` from now on. Error: version_conflict (another epoch owns it, or it expired
  // and may be taken at any moment: stop).
  [[nodiscard]] virtual Status renew(const std::string& name, std::int64_t epoch,
                                     std::chrono::milliseconds ttl) = 0;
  // Gives it up, so that the next owner need not wait. Not the owner any more: no error.
  [[nodiscard]] virtual Status release(const std::string& name, std::int64_t epoch) = 0;
  // Who owns it now, as given to acquire(); empty: nobody.
  [[nodiscard]] virtual Result<std::string> owner(const std::string& name) = 0;

  // What the owner of `name` reached last; a default one when nothing was published ever.
  [[nodiscard]] virtual Result<Published> published(const std::string& name) = 0;
  // Moves it. Error: version_conflict (`epoch` is not the owner's any more; nothing was changed).
  [[nodiscard]] virtual Status advance(const std::string& name, std::int64_t epoch,
                                       const Published& to) = 0;
  // The newest cursor kept whose position is at most `position`, and that position: a reader who
  // has everything up to `position` may go on there. Nothing: none is old enough.
  [[nodiscard]] virtual Result<std::optional<Published>> published_before(const std::string& name,
                                                                          Position position) = 0;
};

}  // namespace cqrs
