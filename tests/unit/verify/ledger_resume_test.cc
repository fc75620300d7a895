// A ledger is taken up again after a crash at any moment: cut, torn, locked.
#include "core/verify/ledger_progress.h"
#include "core/verify/ledger_scan.h"

#include "tests/unit/verify/ledger_file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

namespace cqrs {
namespace {

using support::fails_with;
using support::is_ok;
using support::kShape;
using support::outcome;

constexpr std::uintmax_t kHeader = 52;

class LedgerResume : public support::LedgerFile {
 protected:
  void append(const std::string& bytes) const {
    std::ofstream(path(), std::ios::app | std::ios::binary) << bytes;
  }
};

TEST_F(LedgerResume, KnowsWhatIsSettledAndWhatIsOpen) {
  write();
  const auto progress = LedgerProgress::read(path());
  ASSERT_THAT(progress, is_ok());
  EXPECT_EQ(progress->shape(), kShape);
  EXPECT_EQ(progress->acknowledged(), 60U);
  EXPECT_EQ(progress->rejected(), 1U);
  EXPECT_EQ(progress->open(), 39U);
  EXPECT_EQ(progress->intended(Kind::kUser), 100U);
  EXPECT_EQ(progress->intended(Kind::kProduct), 0U);
  EXPECT_EQ(progress->last_position(), 60);
  EXPECT_TRUE(progress->settled(Kind::kUser, 60));
  EXPECT_FALSE(progress->settled(Kind::kUser, 61)) << "indeterminate is no outcome";
  EXPECT_FALSE(progress->finished());
}

// A crash can cut the file anywhere: every cut can be resumed, and what is then written is read.
TEST_F(LedgerResume, EveryCutCanBeResumedAndWrittenOn) {
  write();
  const auto whole = std::filesystem::file_size(path());
  for (std::uintmax_t cut = whole; cut > kHeader; cut -= 7) {
    std::filesystem::resize_file(path(), cut);
    {
      auto resumed = resume_ledger(path());
      ASSERT_THAT(resumed, is_ok()) << "cut at " << cut;
      ASSERT_THAT(resumed->writer->intend({Kind::kProduct, 0, 9}), is_ok());
    }
    const auto progress = LedgerProgress::read(path());
    ASSERT_THAT(progress, is_ok()) << "cut at " << cut;
    EXPECT_EQ(progress->torn_bytes(), 0U);
    EXPECT_EQ(progress->intended(Kind::kProduct), 10U);
    if (cut < kHeader + 10) break;
  }
}

// After a power cut the file may have its new length without its new bytes.
TEST_F(LedgerResume, ATailOfZeroesIsTornAndCutOff) {
  write();
  const auto whole = std::filesystem::file_size(path());
  append(std::string(40'000, '\0'));
  auto resumed = resume_ledger(path());
  ASSERT_THAT(resumed, is_ok());
  EXPECT_EQ(resumed->progress.acknowledged(), 60U);
  EXPECT_EQ(resumed->progress.torn_bytes(), 40'000U);
  EXPECT_EQ(std::filesystem::file_size(path()), whole);
}

TEST_F(LedgerResume, DamageBeforeAWholeBlockIsNeverTakenForATornTail) {
  write();
  for (const std::streamoff at : {60, 80, 84, 88, 200, 1'000}) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 0x40));
    file.close();
    EXPECT_THAT(resume_ledger(path()), fails_with(ErrorCode::kCorrupt)) << "at " << at;
    file.open(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put(static_cast<char>(byte));
  }
  EXPECT_THAT(resume_ledger(path()), is_ok()) << "every byte was put back";
}

TEST_F(LedgerResume, ALedgerThatIsBeingWrittenCannotBeResumed) {
  auto writer = create_ledger(path(), kShape, {1});
  ASSERT_THAT(writer, is_ok());
  EXPECT_THAT(resume_ledger(path()), fails_with(ErrorCode::kInvalid, "--ledger"));
  writer->reset();
  auto resumed = resume_ledger(path());
  ASSERT_THAT(resumed, is_ok());
  EXPECT_THAT(resume_ledger(path()), fails_with(ErrorCode::kInvalid, "--ledger"));
}

TEST_F(LedgerResume, ALedgerTellsWhetherItIsBeingWritten) {
  auto writer = create_ledger(path(), kShape, {1});
  ASSERT_THAT(writer, is_ok());
  ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 99}), is_ok());
  auto during = Ledger::read(path());
  ASSERT_THAT(during, is_ok());
  EXPECT_TRUE(during->being_written());
  EXPECT_EQ(during->summary().indeterminate, 100U);
  writer->reset();
  auto after = Ledger::read(path());
  ASSERT_THAT(after, is_ok());
  EXPECT_FALSE(after->being_written());
  after->merge(*during);
  EXPECT_TRUE(after->being_written()) << "one of the two still goes on";
}

TEST_F(LedgerResume, WhatIsNoLedgerCannotBeResumed) {
  EXPECT_THAT(resume_ledger(path()), fails_with(ErrorCode::kNotFound));
  append("");
  EXPECT_THAT(resume_ledger(path()), fails_with(ErrorCode::kCorrupt));
}

TEST_F(LedgerResume, ALedgerIsSeenWholeOrNotAtAll) {
  write();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.path(), path()) << "a draft was left behind";
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

// Method: the limit on the size of a file stands in for a full disk; it cuts a block in its middle.
TEST_F(LedgerResume, AFullDiskLeavesALedgerThatCanBeResumed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    auto writer = create_ledger(path(), kShape, {1});
    ASSERT_THAT(writer, is_ok());
    ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 99}), is_ok());
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kAcknowledged, 0)), is_ok());
    ASSERT_THAT((*writer)->sync(), is_ok());
    const rlimit full{std::filesystem::file_size(path()) + 30, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    ASSERT_THAT((*writer)->record(outcome(LedgerStatus::kAcknowledged, 1)), is_ok());
    EXPECT_THAT((*writer)->sync(), fails_with(ErrorCode::kUnavailable));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_THAT((*writer)->sync(), fails_with(ErrorCode::kUnavailable)) << "half a block before it";
  }
  std::signal(SIGXFSZ, handler);
  const auto resumed = resume_ledger(path());
  ASSERT_THAT(resumed, is_ok());
  EXPECT_EQ(resumed->progress.acknowledged(), 1U);
}

TEST_F(LedgerResume, ARunIsFinishedWhenEveryCommandHasItsOutcome) {
  constexpr WorkloadShape kSmall{7, 3, 0, 0};
  auto writer = create_ledger(path(), kSmall, {1});
  ASSERT_THAT(writer, is_ok());
  ASSERT_THAT((*writer)->intend({Kind::kUser, 0, 2}), is_ok());
  const auto record = [&](std::uint64_t index, LedgerStatus status) {
    ASSERT_THAT((*writer)->record(outcome(status, index)), is_ok());
    ASSERT_THAT((*writer)->sync(), is_ok());
  };
  record(0, LedgerStatus::kAcknowledged);
  record(1, LedgerStatus::kRejected);
  record(2, LedgerStatus::kIndeterminate);
  EXPECT_FALSE(LedgerProgress::read(path())->finished());
  record(2, LedgerStatus::kAcknowledged);
  EXPECT_TRUE(LedgerProgress::read(path())->finished());
}

}  // namespace
}  // namespace cqrs
