// What creates new things can be decided without being loaded: presume that nothing of it is there
// yet and that nobody else has written since, and let the write itself find out. It then takes one
// round trip instead of two. The order lock is held before the presumption is put to the test, so
// that what holds then holds until the commit.
#pragma once

#include "core/write/write_store.h"

#include <cstddef>
#include <optional>

namespace cqrs::postgres {

class Presumption {
 public:
  // What to decide on; empty: load it. After every call the head counts as unknown until it is
  // learnt again.
  [[nodiscard]] std::optional<Loaded> begin(const Touched& touched);
  // Whether writing these changes where the head is as presumed fails unless the rest is so, too:
  // they make everything that was touched, and the server refuses what is there already.
  [[nodiscard]] static bool proven_by(const Changes& changes, const Touched& touched);

  // It was so, and these changes are committed.
  void held(const Changes& changes);
  // It was not: that cost a round trip, or the deciding of a whole batch. The more often in a row,
  // the longer it is not tried again.
  void failed();
  // The head after what was loaded and committed.
  void learn(Position head) { head_ = head; }
  // Old idempotency records were forgotten, if there were any.
  void forgot() { added_ = 0; }

 private:
  std::optional<Position> head_;
  int pause_ = 0;          // transactions, after the last failure
  int left_ = 0;           // of them
  std::size_t added_ = 0;  // idempotency records, since old ones were forgotten
};

}  // namespace cqrs::postgres
