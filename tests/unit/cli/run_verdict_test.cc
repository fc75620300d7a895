// What a run comes to: the first that applies in the order of the table of exit codes.
#include "cli/load/run_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs::load {
namespace {

using testing::HasSubstr;

class RunVerdict : public testing::Test {
 protected:
  RunVerdict() {
    outcome_.record.model = "open";
    outcome_.record.sent = 1'000;
    outcome_.record.acknowledged = 1'000;
    outcome_.record.intended = 1'000;
    outcome_.record.intended_per_s = 100;
    outcome_.record.achieved_per_s = 100;
    outcome_.record.visible_after_s = 0.01;
    for (int i = 0; i < 100; ++i) outcome_.record.latency.record(1'000);
    outcome_.facts.all_visible = true;
    plan_.slos = always_on_slos(true);
    proof_.verified = true;
    proof_.figures["verify.diff"] = 0;
  }

  int judge() {
    judge_run(outcome_, plan_, proof_);
    return outcome_.record.exit_code;
  }
  void differ() {
    proof_.differences = 3;
    proof_.lost = 2;
    proof_.figures["verify.diff"] = 3;
  }
  void miss_the_schedule() { outcome_.record.achieved_ratio = 0.5; }
  void break_a_threshold() {
    auto slo = parse_slo("command.latency:p99<1us");
    ASSERT_TRUE(slo.ok());
    plan_.slos.push_back(*slo);
  }
  void leave_something_unknown() { outcome_.record.indeterminate = 1; }

  LoadOutcome outcome_;
  LoadPlan plan_;
  RunProof proof_;
};

TEST_F(RunVerdict, EverythingInOrderIsAPass) {
  EXPECT_EQ(judge(), 0);
  EXPECT_EQ(outcome_.record.verdict, "pass");
  EXPECT_THAT(outcome_.record.headline, HasSubstr("nothing lost"));
}

TEST_F(RunVerdict, ADifferenceGoesBeforeEverythingElse) {
  differ();
  miss_the_schedule();
  break_a_threshold();
  leave_something_unknown();
  EXPECT_EQ(judge(), 1);
  EXPECT_EQ(outcome_.record.verdict, "fail");
  EXPECT_EQ(outcome_.record.lost, 2);
}

TEST_F(RunVerdict, AMissedScheduleGoesBeforeAThreshold) {
  miss_the_schedule();
  break_a_threshold();
  EXPECT_EQ(judge(), 5);
  EXPECT_EQ(outcome_.record.verdict, "invalid");
}

TEST_F(RunVerdict, AGeneratorThatWasTheLimitIsNoResult) {
  outcome_.facts.busiest = 0.99;
  EXPECT_EQ(judge(), 5);
  EXPECT_THAT(outcome_.record.headline, HasSubstr("--shard"));
}

TEST_F(RunVerdict, AClosedModelMayUseAllItCan) {
  outcome_.facts.busiest = 0.99;
  outcome_.record.model = "closed";
  plan_.slos = always_on_slos(false);
  EXPECT_EQ(judge(), 0);
}

TEST_F(RunVerdict, ABrokenThresholdGoesBeforeWhatIsUnknown) {
  break_a_threshold();
  leave_something_unknown();
  EXPECT_EQ(judge(), 99);
  EXPECT_THAT(outcome_.record.headline, HasSubstr("command.latency"));
}

TEST_F(RunVerdict, WhatIsUnknownIsInconclusive) {
  leave_something_unknown();
  EXPECT_EQ(judge(), 4);
  EXPECT_EQ(outcome_.record.verdict, "inconclusive");
}

TEST_F(RunVerdict, WhatNeverBecameVisibleIsInconclusive) {
  outcome_.facts.all_visible = false;
  EXPECT_EQ(judge(), 4);
}

TEST_F(RunVerdict, AnInterruptedRunSaysSo) {
  outcome_.facts.interrupted = true;
  miss_the_schedule();
  EXPECT_EQ(judge(), 130);
  EXPECT_THAT(outcome_.record.headline, HasSubstr("partial"));
}

TEST_F(RunVerdict, AScenarioMayExpectAFailure) {
  break_a_threshold();
  plan_.scenario.expect.verdict = "fail";
  EXPECT_EQ(judge(), 0);
  EXPECT_THAT(outcome_.record.headline, HasSubstr("as expected"));
}

TEST_F(RunVerdict, AnExpectedFailureThatDoesNotComeIsOne) {
  plan_.scenario.expect.verdict = "fail";
  EXPECT_EQ(judge(), 99);
  EXPECT_THAT(outcome_.record.headline, HasSubstr("not as expected"));
}

}  // namespace
}  // namespace cqrs::load
