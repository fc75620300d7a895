// A lane whose commits are carried out before or after the next page is worked out, as the dice
// fall: what a thread of its own may do, on one thread and with every run repeatable.
#pragma once

#include "core/project/commit_lane.h"

#include "tests/support/random.h"

#include <utility>

namespace cqrs::simulation {

class DicedLane final : public CommitLane {
 public:
  explicit DicedLane(support::Random& random) : random_(random) {}
  void begin(std::function<Status()> commit) override {
    commit_ = std::move(commit);
    if (random_.percent(50)) carry_out();
  }
  Status finish() override {
    if (commit_) carry_out();
    return outcome_;
  }

 private:
  void carry_out() { outcome_ = std::exchange(commit_, {})(); }

  support::Random& random_;
  std::function<Status()> commit_;
  Status outcome_;
};

}  // namespace cqrs::simulation
