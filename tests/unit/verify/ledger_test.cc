#include "core/verify/ledger.h"

#include "tests/unit/verify/ledger_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cqrs {
namespace {

using support::fails_with;
using support::is_ok;
using support::kShape;
using support::outcome;

class LedgerTest : public support::LedgerFile {
 protected:
  void flip_byte(std::streamoff at) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(at);
    file.put(byte);
  }
};

TEST_F(LedgerTest, WhatWasWrittenIsReadBack) {
  write();
  auto ledger = Ledger::read(path());
  ASSERT_THAT(ledger, is_ok());
  EXPECT_EQ(ledger->shape(), kShape);
  const auto summary = ledger->summary();
  EXPECT_EQ(summary.intended, 100U);
  EXPECT_EQ(summary.acknowledged, 60U);
  EXPECT_EQ(summary.rejected, 1U);
  EXPECT_EQ(summary.indeterminate, 39U);
  EXPECT_EQ(summary.torn_bytes, 0U);
  const auto& entry = ledger->entries(Kind::kUser)[5];
  EXPECT_EQ(entry.position, 6);
  EXPECT_EQ(entry.digest, Generator(kShape).digest(Kind::kUser, 5));
}

TEST_F(LedgerTest, AnExistingFileIsNeverOverwritten) {
  write();
  EXPECT_THAT(create_ledger(path(), kShape, {1}), fails_with(ErrorCode::kAlreadyExists));
}

// A crash can cut the file anywhere: every prefix must be readable and lose at most its last block.
TEST_F(LedgerTest, EveryCutIsReadUpToTheTornBlock) {
  write();
  const auto size = std::filesystem::file_size(path());
  std::uint64_t last = 60;
  for (std::uintmax_t cut = size - 1; cut > 52 + 26; --cut) {
    std::filesystem::resize_file(path(), cut);
    auto ledger = Ledger::read(path());
    ASSERT_THAT(ledger, is_ok()) << "cut at " << cut;
    const auto acknowledged = ledger->summary().acknowledged;
    ASSERT_LE(acknowledged, last);
    ASSERT_GE(acknowledged + 1, last) << "cut at " << cut;
    last = acknowledged;
  }
  EXPECT_EQ(last, 0U);
}

TEST_F(LedgerTest, AFlippedByteBeforeTheEndIsCorrupt) {
  write();
  flip_byte(200);
  EXPECT_THAT(Ledger::read(path()), fails_with(ErrorCode::kCorrupt));
}

TEST_F(LedgerTest, AFlippedByteInTheHeaderIsCorrupt) {
  write();
  flip_byte(17);
  EXPECT_THAT(Ledger::read(path()), fails_with(ErrorCode::kCorrupt));
}

TEST_F(LedgerTest, AnotherFileIsNoLedger) {
  std::ofstream(path()) << "not a ledger at all, but long enough to hold a header of that size";
  EXPECT_THAT(Ledger::read(path()), fails_with(ErrorCode::kCorrupt));
  EXPECT_THAT(Ledger::read(dir_.file("absent")), fails_with(ErrorCode::kNotFound));
}

TEST_F(LedgerTest, AnAcknowledgementIsFinal) {
  {
    auto writer = create_ledger(path(), kShape, {1});
    ASSERT_THAT(writer, is_ok());
    ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 1}), is_ok());
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kIndeterminate, 0)), is_ok());
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kAcknowledged, 0)), is_ok());
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kRejected, 0)), is_ok());
  }
  auto ledger = Ledger::read(path());
  ASSERT_THAT(ledger, is_ok());
  EXPECT_EQ(ledger->summary().acknowledged, 1U);
  EXPECT_EQ(ledger->summary().rejected, 0U);
}

TEST_F(LedgerTest, AnIntentOutsideTheShapeIsCorrupt) {
  {
    auto writer = create_ledger(path(), kShape, {1});
    ASSERT_THAT(writer, is_ok());
    ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 100}), is_ok());
  }
  EXPECT_THAT(Ledger::read(path()), fails_with(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace cqrs
