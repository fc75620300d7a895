// The ledger of a load: what is written is read, a torn end is no damage, and verify finds exactly
// what acknowledged commands left undone, or did twice.
#include "core/verify/op_ledger_edge.h"
#include "core/workload/commands.h"

#include "tests/support/temp_dir.h"
#include "tests/unit/verify/small_system.h"

#include <filesystem>
#include <fstream>

namespace cqrs {
namespace {

using support::fails_with;
using support::is_ok;
using testing::HasSubstr;

constexpr WorkloadShape kData{5, 0, 2, 0};

OpLedgerHead head(std::uint32_t shard = 1, std::uint32_t shards = 1) {
  OpLedgerHead head;
  head.data = kData;
  head.shard = shard;
  head.shards = shards;
  head.created_at = {1};
  head.name = "small";
  return head;
}

class OpLedgerTest : public support::SmallSystem {
 protected:
  OpLedgerTest() {
    for (std::uint64_t i = 0; i < 2; ++i) {
      execute({create_command(values_.generator(), Kind::kProduct, i)});
    }
  }

  [[nodiscard]] std::string path(const std::string& name = "ops.bin") const {
    return dir_.file(name);
  }

  // Creates user `number` of the run.
  [[nodiscard]] Op creation(std::uint64_t number) const {
    return {number, Operation::kCreateUser, values_.fresh_index(Kind::kUser, number)};
  }
  static Op price(std::uint64_t number, std::uint64_t product) {
    return {number, Operation::kChangePrice, product};
  }

  // As the service would: returns the version that was acknowledged.
  void carry_out(const Op& op) {
    Command command;
    command.target = values_.target(op);
    const auto state = values_.outcome(op);
    if (op.operation == Operation::kCreateUser) {
      command = create_command(values_.generator(), Kind::kUser, op.index);
    } else {
      command.body = ProductCommand(ChangePrice{std::get<ProductState>(*state).price});
    }
    execute({command});
  }

  [[nodiscard]] OpOutcomeRecord acknowledged(const Op& op, std::int64_t version) const {
    OpOutcomeRecord record;
    record.status = LedgerStatus::kAcknowledged;
    record.operation = op.operation;
    record.number = op.number;
    record.id = values_.target(op).id;
    record.version = version;
    record.position = static_cast<Position>(op.number) + 3;
    record.mark = values_.mark(op);
    record.scheduled = {1'000 * static_cast<std::int64_t>(op.number)};
    record.sent_after_us = 7;
    record.completed_after_us = 900;
    return record;
  }
  [[nodiscard]] OpOutcomeRecord unknown(const Op& op) const {
    OpOutcomeRecord record = acknowledged(op, 0);
    record.status = LedgerStatus::kIndeterminate;
    record.position = 0;
    return record;
  }

  void write(const std::vector<OpOutcomeRecord>& records, const std::string& name = "ops.bin",
             const OpLedgerHead& of = head(), std::optional<std::uint64_t> end = 100) {
    auto writer = create_op_ledger(path(name), of);
    ASSERT_THAT(writer, is_ok());
    ASSERT_THAT((*writer)->intend(999), is_ok());
    for (const auto& record : records) ASSERT_THAT((*writer)->record(record), is_ok());
    if (end) {
      ASSERT_THAT((*writer)->close(*end), is_ok());
    }
  }

  struct Judged {
    LedgerCheck check;
    Findings findings;
  };
  Judged judge(const std::vector<std::string>& paths) {
    Judged out;
    auto ledger = OpLedger::read(paths);
    EXPECT_THAT(ledger, is_ok());
    if (!ledger) return out;
    auto check = check_op_ledger(*ledger, streams_, audit_, out.findings);
    EXPECT_THAT(check, is_ok());
    if (check) out.check = *check;
    return out;
  }
  Judged judge() { return judge({path()}); }

  OpValues values_{kData, {}};
  support::TempDir dir_;
};

TEST_F(OpLedgerTest, WhatWasWrittenIsReadBack) {
  const auto record = acknowledged(price(8, 1), 4);
  write({record});
  std::vector<OpOutcomeRecord> seen;
  auto scan = scan_op_ledger(path(), [&](const OpOutcomeRecord& outcome) -> Status {
    seen.push_back(outcome);
    return {};
  });
  ASSERT_THAT(scan, is_ok());
  EXPECT_EQ(scan->head.data, kData);
  EXPECT_EQ(scan->head.name, "small");
  EXPECT_TRUE(scan->closed);
  EXPECT_EQ(scan->intended_to, 100U);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].operation, Operation::kChangePrice);
  EXPECT_EQ(seen[0].id, record.id);
  EXPECT_EQ(seen[0].version, 4);
  EXPECT_EQ(seen[0].mark, record.mark);
  EXPECT_EQ(seen[0].scheduled, record.scheduled);
  EXPECT_EQ(seen[0].completed_after_us, 900U);
}

TEST_F(OpLedgerTest, AnExistingFileIsNeverOverwritten) {
  write({});
  EXPECT_THAT(create_op_ledger(path(), head()), fails_with(ErrorCode::kAlreadyExists));
}

TEST_F(OpLedgerTest, EveryCutIsReadUpToTheTornBlock) {
  write({acknowledged(creation(0), 1), acknowledged(creation(1), 1)});
  const auto whole = std::filesystem::file_size(path());
  const auto scanned = [&] {
    std::uint64_t count = 0;
    auto scan = scan_op_ledger(path(), [&](const OpOutcomeRecord&) -> Status {
      ++count;
      return {};
    });
    EXPECT_THAT(scan, is_ok());
    return count;
  };
  // The end block, then the block of outcomes, are lost piece by piece.
  for (std::uintmax_t cut = whole - 1; cut > whole - 17 - 137; --cut) {
    std::filesystem::resize_file(path(), cut);
    ASSERT_EQ(scanned(), cut >= whole - 17 ? 2U : 0U) << "cut at " << cut;
  }
}

TEST_F(OpLedgerTest, AFlippedByteBeforeTheEndIsCorrupt) {
  write({acknowledged(creation(0), 1)});
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-60, std::ios::end);
  file.put('\x7f');
  file.close();
  EXPECT_THAT(OpLedger::read({path()}), fails_with(ErrorCode::kCorrupt));
}

TEST_F(OpLedgerTest, ASeedsLedgerIsNotOne) {
  ASSERT_THAT(create_ledger(path(), kData, {1}), is_ok());
  EXPECT_FALSE(is_op_ledger(path()));
  EXPECT_THAT(OpLedger::read({path()}), fails_with(ErrorCode::kCorrupt));
}

TEST_F(OpLedgerTest, EveryCommandThatIsThereIsNoDifference) {
  carry_out(creation(0));
  carry_out(price(1, 0));
  carry_out(price(2, 0));
  carry_out(price(3, 0));
  // In another order than they were numbered: versions tell.
  write({acknowledged(creation(0), 1), acknowledged(price(1, 0), 2), acknowledged(price(3, 0), 4),
         acknowledged(price(2, 0), 3)});
  const Judged judged = judge();
  EXPECT_EQ(judged.check.acknowledged, 4);
  EXPECT_EQ(judged.findings.total(), 0);
}

TEST_F(OpLedgerTest, AnAcknowledgedCommandWithoutItsVersionIsLost) {
  carry_out(price(1, 0));
  write({acknowledged(creation(0), 1), acknowledged(price(1, 0), 2), acknowledged(price(2, 0), 3)});
  const Judged judged = judge();
  EXPECT_EQ(judged.findings.count(Difference::kLost), 2);
  EXPECT_EQ(judged.findings.total(), 2);
  EXPECT_THAT(judged.findings.first[0].expected, HasSubstr("create_user"));
  EXPECT_THAT(judged.findings.first[1].actual, HasSubstr("version 2"));
}

TEST_F(OpLedgerTest, AVersionThatSomethingElseMadeIsAFieldDifference) {
  carry_out(price(9, 0));
  carry_out(price(2, 0));
  write({acknowledged(price(1, 0), 2), acknowledged(price(2, 0), 3)});
  const Judged judged = judge();
  EXPECT_EQ(judged.findings.count(Difference::kField), 1);
  EXPECT_EQ(judged.findings.total(), 1);
  EXPECT_EQ(judged.findings.first[0].expected_version, 2);
}

TEST_F(OpLedgerTest, AVersionOfTheRunsOwnEntityThatNoCommandMadeIsADuplicate) {
  carry_out(creation(0));
  Command again;
  again.target = values_.target(creation(0));
  again.body = UserCommand(DeactivateUser{});
  execute({again});
  write({acknowledged(creation(0), 1)});
  const Judged judged = judge();
  EXPECT_EQ(judged.findings.count(Difference::kDuplicate), 1);
  EXPECT_EQ(judged.findings.total(), 1);
}

TEST_F(OpLedgerTest, AnUnknownCommandMayHaveMadeAVersion) {
  carry_out(creation(0));
  Command again;
  again.target = values_.target(creation(0));
  again.body = UserCommand(DeactivateUser{});
  execute({again});
  Op deactivation{1, Operation::kDeactivateUser, creation(0).index};
  write({acknowledged(creation(0), 1), unknown(deactivation)});
  const Judged judged = judge();
  EXPECT_EQ(judged.findings.total(), 0);
  EXPECT_EQ(judged.check.indeterminate, 1);
}

TEST_F(OpLedgerTest, AnAcknowledgementReplacesAnUnknownOutcomeAndIsFinal) {
  carry_out(creation(0));
  write({unknown(creation(0)), acknowledged(creation(0), 1), unknown(creation(0))});
  const Judged judged = judge();
  EXPECT_EQ(judged.check.acknowledged, 1);
  EXPECT_EQ(judged.check.indeterminate, 0);
}

// A run that was killed does not say which of those that it intended were sent.
TEST_F(OpLedgerTest, WhatAKilledRunMayHaveSentIsUnknown) {
  carry_out(creation(0));
  write({acknowledged(creation(0), 1)}, "ops.bin", head(), std::nullopt);
  EXPECT_EQ(judge().check.indeterminate, 999);
}

// Its last outcomes were not written any more, so a version without one is nobody's mistake.
TEST_F(OpLedgerTest, AVersionThatAKilledRunDidNotWriteDownIsNoDuplicate) {
  carry_out(creation(0));
  Command again;
  again.target = values_.target(creation(0));
  again.body = UserCommand(DeactivateUser{});
  execute({again});
  write({acknowledged(creation(0), 1)}, "ops.bin", head(), std::nullopt);
  const Judged judged = judge();
  EXPECT_EQ(judged.findings.total(), 0);
  EXPECT_GT(judged.check.indeterminate, 0);
}

TEST_F(OpLedgerTest, ShardsOfOneRunAreOneLedger) {
  carry_out(creation(0));
  carry_out(creation(1));
  write({acknowledged(creation(0), 1)}, "1.bin", head(1, 2));
  write({acknowledged(creation(1), 1)}, "2.bin", head(2, 2));
  const Judged judged = judge({path("1.bin"), path("2.bin")});
  EXPECT_EQ(judged.check.acknowledged, 2);
  EXPECT_EQ(judged.findings.total(), 0);
}

TEST_F(OpLedgerTest, LedgersOfDifferentRunsAreRefused) {
  OpLedgerHead other = head();
  other.data.seed = 6;
  write({}, "1.bin");
  write({}, "2.bin", other);
  EXPECT_THAT(OpLedger::read({path("1.bin"), path("2.bin")}), fails_with(ErrorCode::kInvalid));
}

TEST_F(OpLedgerTest, VerifyHoldsTheStreamsToIt) {
  project();
  write({acknowledged(creation(0), 1)});
  auto ledger = OpLedger::read({path()});
  ASSERT_THAT(ledger, is_ok());
  VerifyInput wanted = input();
  wanted.loads = {&*ledger};
  const VerifyReport report = verified(wanted);
  EXPECT_EQ(report.verdict, Verdict::kFail);
  EXPECT_EQ(report.edges.back().name, "load ledger within streams");
  EXPECT_EQ(report.findings.count(Difference::kLost), 1);
}

}  // namespace
}  // namespace cqrs
