// The Lua scripts of this adapter. Each one is atomic; all but the first two only read, and look at
// a bounded number of entries, so that nobody else waits for long.
#pragma once

#include "core/adapters/redis/connection.h"

namespace cqrs::redis {

inline constexpr const char* kStoreFormat = "1";

// Keys: meta, parked:keys. Arguments: format. Gives {epoch, checkpoint's four fields, packed keys
// of parked aggregates}.
extern const Script kAcquire;
// Keys: meta. Arguments: epoch, revision, the checkpoint's four fields, then changes: command, key,
// number of arguments, arguments. Gives {"ok"}, {"emptied"}, {"owner", epoch} (another one) or
// {"moved", revision} (not the one that the changes were worked out for).
extern const Script kCommit;
// Keys: a sorted set. Arguments: "text", "number" or "" (how the place is given), 1 for
// descending, the place's member or number, its id, entries to skip behind it, how many are wanted.
// Gives members and scores in turns.
extern const Script kListPage;
// Keys: hashes of rows. Gives count, sum of high and of low halves of the digests for each.
extern const Script kSums;
// Keys: one hash of rows. Arguments: bytes wanted of each. Gives ids and heads in turns.
extern const Script kHeads;

}  // namespace cqrs::redis
