// A ledger file as a client leaves it, for tests that read it, damage it or take it up again.
#pragma once

#include "core/verify/ledger.h"

#include "tests/support/outcomes.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs::support {

constexpr WorkloadShape kShape{7, 100, 50, 20};

inline LedgerOutcome outcome(LedgerStatus status, std::uint64_t index) {
  LedgerOutcome out;
  out.status = status;
  out.index = index;
  out.id = Generator(kShape).id(Kind::kUser, index);
  out.version = 1;
  out.position = static_cast<Position>(index) + 1;
  out.digest = Generator(kShape).digest(Kind::kUser, index);
  return out;
}

class LedgerFile : public ::testing::Test {
 protected:
  std::string path() const { return dir_.file("ledger.bin"); }

  // Users 0 … 99 intended, 0 … 59 acknowledged in a block each, 60 rejected, 61 indeterminate.
  void write() const {
    auto writer = create_ledger(path(), kShape, {1});
    ASSERT_THAT(writer, is_ok());
    ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 99}), is_ok());
    for (std::uint64_t i = 0; i < 60; ++i) {
      ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kAcknowledged, i)), is_ok());
      ASSERT_THAT((*writer)->sync(), is_ok());
    }
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kRejected, 60)), is_ok());
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kIndeterminate, 61)), is_ok());
  }

  TempDir dir_;
};

}  // namespace cqrs::support
