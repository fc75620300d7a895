// The Lua scripts of this adapter. Each one is atomic; all but the first three only read, and look
// at a bounded number of entries, so that nobody else waits for long.
#pragma once

#include "core/adapters/redis/connection.h"

namespace cqrs::redis {

inline constexpr const char* kStoreFormat = "1";

// Keys: meta, parked:keys. Arguments: format. Gives {epoch, checkpoint's four fields, packed keys
// of parked aggregates, revision}.
extern const Script kAcquire;
// Keys: a list of words. Arguments: sets and their words in turns. A word whose set is gone leaves
// the list.
extern const Script kForget;
// Keys: meta. Arguments: epoch, the checkpoint's four fields. Puts the checkpoint back, unless
// another owner took over.
extern const Script kTakeBack;
// Keys: a sorted set. Arguments: "text", "number" or "" (how the place is given), 1 for
// descending, the place's member or number, its id, entries to skip behind it, how many are wanted.
// Gives members and scores in turns.
extern const Script kListPage;
// Keys: hashes of rows. Gives count, sum of high and of low halves of the digests for each.
extern const Script kSums;
// Keys: one hash of rows. Arguments: bytes wanted of each. Gives ids and heads in turns.
extern const Script kHeads;

}  // namespace cqrs::redis
