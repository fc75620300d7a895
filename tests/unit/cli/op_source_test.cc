// Which operations a thread sends, about which entities: the same in total however the run is
// split, and never one that the entity's state forbids.
#include "cli/load/op_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace cqrs::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(1'000)};
constexpr WorkloadShape kData{7, 20, 10, 0};

Scenario open_scenario(std::vector<MixPart> mix, double rate = 100) {
  Scenario scenario;
  Phase phase;
  phase.name = "steady";
  phase.duration = seconds(2);
  phase.arrival.from = phase.arrival.to = rate;
  phase.mix = std::move(mix);
  scenario.phases.push_back(phase);
  return scenario;
}

Scenario closed_scenario(std::uint32_t clients, milliseconds think) {
  Scenario scenario = open_scenario({{Operation::kGetUser, 1}});
  scenario.phases[0].arrival = {};
  scenario.phases[0].arrival.closed = true;
  scenario.phases[0].arrival.clients = clients;
  scenario.phases[0].arrival.think = think;
  return scenario;
}

// Everything that is due until `now`, acknowledged at once when `acknowledge`.
std::vector<ScheduledOp> drain(OpSource& source, SteadyTime now, bool acknowledge = true) {
  std::vector<ScheduledOp> out;
  while (const auto op = source.next(now)) {
    out.push_back(*op);
    if (acknowledge) source.acknowledged(op->op);
  }
  return out;
}

TEST(OpSource, NothingComesBeforeItIsDueAndEverythingAfterwards) {
  const Scenario scenario = open_scenario({{Operation::kCreateUser, 1}});
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  EXPECT_FALSE(source.next(kStart - milliseconds(1)).has_value());
  EXPECT_EQ(source.due(), kStart);
  EXPECT_EQ(drain(source, kStart + milliseconds(95)).size(), 10U);
  EXPECT_EQ(source.due(), kStart + milliseconds(100));
  EXPECT_FALSE(source.finished(kStart + milliseconds(95)));
  // However late: nothing is left out, and each keeps the time for which it was scheduled.
  const auto rest = drain(source, kStart + seconds(60));
  EXPECT_EQ(rest.size(), 190U);
  EXPECT_EQ(rest.front().scheduled, kStart + milliseconds(100));
  EXPECT_TRUE(source.finished(kStart + seconds(60)));
  EXPECT_EQ(source.due(), SteadyTime::max());
}

TEST(OpSource, SharesTogetherAreTheWholeSchedule) {
  const Scenario scenario = open_scenario(
      {{Operation::kCreateOrder, 5}, {Operation::kChangePrice, 3}, {Operation::kGetProduct, 2}});
  const OpValues values(kData, scenario.skew);
  std::map<std::uint64_t, std::pair<Operation, std::uint64_t>> whole;
  OpSource all(scenario, values, {}, kStart);
  for (const auto& op : drain(all, kStart + seconds(9))) {
    whole[op.op.number] = {op.op.operation, op.op.index};
  }
  std::map<std::uint64_t, std::pair<Operation, std::uint64_t>> parts;
  for (std::uint64_t i = 0; i < 3; ++i) {
    OpSource part(scenario, values, {i, 3}, kStart);
    for (const auto& op : drain(part, kStart + seconds(9))) {
      EXPECT_TRUE(parts.insert({op.op.number, {op.op.operation, op.op.index}}).second);
    }
  }
  EXPECT_EQ(whole.size(), 200U);
  EXPECT_EQ(parts, whole);
}

TEST(OpSource, WhatTheRunCreatesHasAnEntityOfItsOwn) {
  const Scenario scenario =
      open_scenario({{Operation::kCreateUser, 1}, {Operation::kCreateOrder, 1}});
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  std::set<StreamKey> made;
  for (const auto& op : drain(source, kStart + seconds(9))) {
    EXPECT_TRUE(made.insert(values.target(op.op)).second);
    EXPECT_GE(op.op.index, kData.count(info_of(op.op.operation).kind));
  }
  EXPECT_EQ(made.size(), 200U);
}

TEST(OpSource, WithNothingToActOnSomethingIsCreatedAndSaidSo) {
  const Scenario scenario = open_scenario({{Operation::kCancelOrder, 1}});
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  const auto first = source.next(kStart);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->op.operation, Operation::kCreateOrder);
  EXPECT_TRUE(first->substituted);
  source.acknowledged(first->op);
  const auto second = source.next(kStart + seconds(1));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->op.operation, Operation::kCancelOrder);
  EXPECT_FALSE(second->substituted);
  EXPECT_EQ(second->op.index, first->op.index);
}

// The order's own state machine, as the service has it.
TEST(OpSource, AnOrderGoesThroughItsStatesOneByOne) {
  const Scenario scenario = open_scenario({{Operation::kCreateOrder, 1},
                                           {Operation::kConfirmOrder, 1},
                                           {Operation::kPayOrder, 1},
                                           {Operation::kShipOrder, 1},
                                           {Operation::kDeliverOrder, 1},
                                           {Operation::kCancelOrder, 1}},
                                          500);
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  const std::map<Operation, Operation> before{{Operation::kConfirmOrder, Operation::kCreateOrder},
                                              {Operation::kCancelOrder, Operation::kCreateOrder},
                                              {Operation::kPayOrder, Operation::kConfirmOrder},
                                              {Operation::kShipOrder, Operation::kPayOrder},
                                              {Operation::kDeliverOrder, Operation::kShipOrder}};
  std::map<std::uint64_t, Operation> last;
  std::set<Operation> seen;
  for (const auto& op : drain(source, kStart + seconds(9))) {
    seen.insert(op.op.operation);
    const auto wanted = before.find(op.op.operation);
    if (wanted != before.end()) {
      ASSERT_EQ(last.count(op.op.index), 1U);
      EXPECT_EQ(last[op.op.index], wanted->second);
    }
    last[op.op.index] = op.op.operation;
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(OpSource, WhatWasNotAcknowledgedIsNotActedUpon) {
  const Scenario scenario =
      open_scenario({{Operation::kCreateOrder, 1}, {Operation::kConfirmOrder, 1}});
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  for (const auto& op : drain(source, kStart + seconds(9), false)) {
    EXPECT_EQ(op.op.operation, Operation::kCreateOrder);
  }
}

TEST(OpSource, OrdersThatWereThereAreSharedOut) {
  const WorkloadShape data{7, 20, 10, 40};
  const Scenario scenario = open_scenario({{Operation::kConfirmOrder, 1}});
  const OpValues values(data, scenario.skew);
  std::set<std::uint64_t> confirmed;
  for (std::uint64_t i = 0; i < 2; ++i) {
    OpSource source(scenario, values, {i, 2}, kStart);
    for (const auto& op : drain(source, kStart + seconds(9), false)) {
      if (op.op.operation != Operation::kConfirmOrder) continue;
      EXPECT_TRUE(confirmed.insert(op.op.index).second);
    }
  }
  EXPECT_EQ(confirmed.size(), 40U);
}

TEST(OpSource, ADeletedUserIsReadNoMore) {
  const WorkloadShape nothing{7, 0, 0, 0};
  const Scenario scenario = open_scenario(
      {{Operation::kCreateUser, 1}, {Operation::kDeleteUser, 1}, {Operation::kGetUser, 1}});
  const OpValues values(nothing, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  std::set<std::uint64_t> deleted;
  bool read = false;
  for (const auto& op : drain(source, kStart + seconds(9))) {
    if (op.op.operation == Operation::kDeleteUser) deleted.insert(op.op.index);
    if (op.op.operation != Operation::kGetUser) continue;
    read = true;
    EXPECT_EQ(deleted.count(op.op.index), 0U);
  }
  EXPECT_TRUE(read);
  EXPECT_FALSE(deleted.empty());
}

TEST(OpSource, AClientOfTheClosedModelWaitsForItsAnswerAndThinks) {
  const Scenario scenario = closed_scenario(2, milliseconds(10));
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  const auto first = source.next(kStart);
  const auto second = source.next(kStart);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_NE(first->client, second->client);
  EXPECT_FALSE(source.next(kStart + milliseconds(500)).has_value());
  EXPECT_EQ(source.due(), SteadyTime::max());
  source.answered(second->client, kStart + milliseconds(500));
  EXPECT_FALSE(source.next(kStart + milliseconds(509)).has_value());
  EXPECT_EQ(source.due(), kStart + milliseconds(510));
  const auto third = source.next(kStart + milliseconds(510));
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->client, second->client);
  EXPECT_NE(third->op.number, second->op.number);
}

TEST(OpSource, TheClosedModelEndsWithItsTime) {
  const Scenario scenario = closed_scenario(1, milliseconds(0));
  const OpValues values(kData, scenario.skew);
  OpSource source(scenario, values, {}, kStart);
  EXPECT_FALSE(source.finished(kStart + milliseconds(1'999)));
  EXPECT_TRUE(source.finished(kStart + seconds(2)));
  EXPECT_FALSE(source.next(kStart + seconds(2)).has_value());
}

}  // namespace
}  // namespace cqrs::load
