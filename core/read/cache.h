// A cache of view rows in front of a read store, shared by many processes. What makes a hit as good
// as a read of the store: whoever writes the views says so in the cache's guard before it commits
// (CacheGuard), and an entry carries the position up to which the views were complete when its row
// was read. An entry that is older than what has been announced for its slot is not there.
#pragma once

#include "core/base/result.h"
#include "core/read/view_row.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cqrs {

// What one look found. Without a guard (nobody writes the views, or the cache was emptied or
// started anew) nothing is trusted: `incarnation` is nil and every row missing.
struct CacheLook {
  Uuid incarnation;                          // of the guard; to be given back to put()
  std::vector<std::optional<ViewRow>> rows;  // one per key, in order; tombstones too
};

// The readers' side, of one generation. Used by one thread at a time. Errors of all: unavailable,
// timeout (both soon: the cache is never waited for), corrupt.
class RowCache {
 public:
  virtual ~RowCache() = default;
  [[nodiscard]] virtual Result<CacheLook> get(std::span<const StreamKey> keys) = 0;
  // Rows that were read after a get() that gave `incarnation`, and after the views were seen to be
  // complete up to `read_at`. How many were kept: none when the guard is another one by now, and
  // none of which something later has been announced, or is there already.
  [[nodiscard]] virtual Result<std::size_t> put(const Uuid& incarnation, Position read_at,
                                                std::span<const ViewRow> rows) = 0;
};

// Rows of this entity that were read while the views were complete up to less are out of date.
struct CacheFloor {
  StreamKey key;
  Position position = 0;
};

// The side of whoever writes the views, of one generation. Used by one thread at a time. The guard
// ends by itself at `until`, whenever the call is carried out, and even when its answer got lost: a
// writer that cannot reach it any more knows when nobody trusts it. Errors of all: unavailable,
// timeout: it may have been done.
class CacheGuard {
 public:
  using Steady = std::chrono::steady_clock;
  virtual ~CacheGuard() = default;
  // A guard with nothing but these floors, instead of whatever guard there is.
  [[nodiscard]] virtual Status begin(const Uuid& incarnation, std::span<const CacheFloor> floors,
                                     Steady::time_point until) = 0;
  // Adds the floors and prolongs the guard. False: it is not there any more, or another one is;
  // nothing was changed.
  [[nodiscard]] virtual Result<bool> announce(const Uuid& incarnation,
                                              std::span<const CacheFloor> floors,
                                              Steady::time_point until) = 0;
};

// What verify reads: every entry of one generation, in pages.
class CacheAudit {
 public:
  struct Entry {
    ViewRow row;
    bool trusted = false;  // readers would get it
  };
  struct Page {
    std::vector<Entry> entries;
    std::string next;  // empty: that was all
  };
  virtual ~CacheAudit() = default;
  // `from` empty: from the start. An entry may come twice while others write.
  [[nodiscard]] virtual Result<Page> page(const std::string& from, std::size_t about) = 0;
  // As readers get it now.
  [[nodiscard]] virtual Result<std::optional<ViewRow>> trusted(const StreamKey& key) = 0;
};

}  // namespace cqrs
