#include "core/workload/arrival.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace cqrs {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

Phase phase_of(double from, double to, std::chrono::microseconds duration,
               ArrivalProcess process = ArrivalProcess::kUniform) {
  Phase phase;
  phase.name = "p";
  phase.duration = duration;
  phase.arrival.from = from;
  phase.arrival.to = to;
  phase.arrival.process = process;
  return phase;
}

Scenario scenario_of(std::vector<Phase> phases) {
  Scenario scenario;
  scenario.phases = std::move(phases);
  return scenario;
}

std::vector<Arrival> all_of(const Scenario& scenario, std::uint64_t seed = 1) {
  ArrivalStream stream(scenario, seed);
  std::vector<Arrival> all;
  while (const auto arrival = stream.next()) all.push_back(*arrival);
  return all;
}

TEST(Arrival, AConstantRateIsExactHoweverLong) {
  const auto all = all_of(scenario_of({phase_of(3, 3, 100'000s)}));
  ASSERT_EQ(all.size(), 300'000U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].number, i);
    ASSERT_EQ(all[i].offset.count(), std::llround(static_cast<double>(i) * 1e9 / 3)) << i;
  }
}

// From 100 to 300 in 10 s: 100 t + 10 t^2 operations until t.
TEST(Arrival, ARampFollowsTheInverseOfItsIntegral) {
  const auto all = all_of(scenario_of({phase_of(100, 300, 10s)}));
  ASSERT_EQ(all.size(), 2'000U);
  for (const auto& arrival : all) {
    const double t = static_cast<double>(arrival.offset.count()) / 1e9;
    ASSERT_NEAR(100 * t + 10 * t * t, static_cast<double>(arrival.number), 1e-5);
  }
}

TEST(Arrival, RampsMayBeginOrEndAtNothing) {
  const auto up = all_of(scenario_of({phase_of(0, 100, 10s)}));
  ASSERT_EQ(up.size(), 500U);
  EXPECT_EQ(up.front().offset, 0ns);
  const auto down = all_of(scenario_of({phase_of(100, 0, 10s)}));
  ASSERT_EQ(down.size(), 500U);
  EXPECT_LT(down.back().offset, 10s);
  EXPECT_NEAR(static_cast<double>(down[375].offset.count()), 5e9, 10);
}

TEST(Arrival, PhasesFollowEachOtherAndPassFractionsOn) {
  // 2.5 + 2.5 operations are 5, not 6.
  const auto all = all_of(scenario_of({phase_of(1, 1, 2'500ms), phase_of(1, 1, 2'500ms)}));
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[2].phase, 0U);
  EXPECT_EQ(all[3].phase, 1U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].offset, i * 1'000'000'000ns);
}

TEST(Arrival, ClosedPhasesHaveNone) {
  Phase closed = phase_of(5, 5, 1s);
  closed.arrival.closed = true;
  EXPECT_TRUE(all_of(scenario_of({closed})).empty());
  ArrivalStream stream(scenario_of({closed}), 1);
  EXPECT_EQ(stream.intended_by(1h), 0U);
}

TEST(Arrival, PoissonGapsAreExponential) {
  const auto all = all_of(scenario_of({phase_of(1'000, 1'000, 100s, ArrivalProcess::kPoisson)}), 5);
  // 100,000 expected; five standard deviations.
  EXPECT_NEAR(static_cast<double>(all.size()), 100'000, 5 * std::sqrt(100'000.0));
  double sum = 0;
  double squares = 0;
  std::size_t longer = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double gap = static_cast<double>((all[i].offset - all[i - 1].offset).count()) / 1e6;
    sum += gap;
    squares += gap * gap;
    if (gap > 1) ++longer;
  }
  const auto n = static_cast<double>(all.size() - 1);
  EXPECT_NEAR(sum / n, 1, 0.02);                                       // mean: 1 ms
  EXPECT_NEAR(squares / n - (sum / n) * (sum / n), 1, 0.05);           // variance: 1 ms^2
  EXPECT_NEAR(static_cast<double>(longer) / n, std::exp(-1.0), 0.01);  // tail: 1 / e
}

TEST(Arrival, PoissonRampsHaveTheirRateEverywhere) {
  const auto all = all_of(scenario_of({phase_of(0, 2'000, 100s, ArrivalProcess::kPoisson)}), 9);
  std::array<double, 10> counts{};
  for (const auto& arrival : all) counts.at(static_cast<std::size_t>(arrival.offset / 10s)) += 1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double wanted = 1'000 * (2.0 * static_cast<double>(i) + 1);
    EXPECT_NEAR(counts[i], wanted, 5 * std::sqrt(wanted)) << i;
  }
}

TEST(Arrival, TheSeedIsTheSchedule) {
  const auto scenario = scenario_of({phase_of(100, 200, 10s, ArrivalProcess::kPoisson)});
  const auto one = all_of(scenario, 1);
  const auto again = all_of(scenario, 1);
  const auto other = all_of(scenario, 2);
  ASSERT_EQ(one.size(), again.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].offset, again[i].offset);
  EXPECT_NE(one.front().offset, other.front().offset);
}

rc::Gen<Phase> any_phase() {
  return rc::gen::exec([] {
    const double from = *rc::gen::inRange(0, 300);
    const double to = *rc::gen::inRange(1, 300);
    const auto duration = std::chrono::milliseconds(*rc::gen::inRange(10, 3'000));
    const bool poisson = *rc::gen::arbitrary<bool>();
    return phase_of(from, to, duration,
                    poisson ? ArrivalProcess::kPoisson : ArrivalProcess::kUniform);
  });
}

RC_GTEST_PROP(Arrival, OffsetsNeverGoBackAndStayInTheirPhase, ()) {
  const auto scenario = scenario_of(*rc::gen::container<std::vector<Phase>>(4, any_phase()));
  nanoseconds last{0};
  std::uint64_t number = 0;
  for (const auto& arrival : all_of(scenario, *rc::gen::arbitrary<std::uint64_t>())) {
    RC_ASSERT(arrival.number == number++);
    RC_ASSERT(arrival.offset >= last);
    last = arrival.offset;
    nanoseconds start{0};
    for (std::size_t i = 0; i < arrival.phase; ++i) start += scenario.phases[i].duration;
    RC_ASSERT(arrival.offset >= start);
    RC_ASSERT(arrival.offset <= start + scenario.phases[arrival.phase].duration);
  }
}

RC_GTEST_PROP(Arrival, WhatIsIntendedIsWhatIsDue, ()) {
  const auto scenario = scenario_of(*rc::gen::container<std::vector<Phase>>(3, any_phase()));
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto all = all_of(scenario, seed);
  ArrivalStream stream(scenario, seed);
  // In any order, and whatever was taken meanwhile.
  for (const int ms : *rc::gen::container<std::vector<int>>(20, rc::gen::inRange(0, 10'000))) {
    const nanoseconds offset = std::chrono::milliseconds(ms);
    const auto due = std::count_if(all.begin(), all.end(), [offset](const Arrival& arrival) {
      return arrival.offset <= offset;
    });
    RC_ASSERT(stream.intended_by(offset) == static_cast<std::uint64_t>(due));
    const auto taken = stream.next();
    RC_ASSERT(!taken || taken->number < all.size());
  }
}

TEST(OperationChooser, SharesAreExactToWithinTwoPerBlock) {
  const std::vector<MixPart> mix{
      {Operation::kCreateOrder, 70}, {Operation::kGetOrder, 20}, {Operation::kCancelOrder, 10}};
  const OperationChooser chooser(mix, 42);
  for (std::uint64_t block = 0; block < 50; ++block) {
    std::map<Operation, double> counts;
    for (std::uint64_t i = 0; i < 1'024; ++i) counts[chooser.choose(block * 1'024 + i)] += 1;
    EXPECT_NEAR(counts[Operation::kCreateOrder], 716.8, 1.01);
    EXPECT_NEAR(counts[Operation::kGetOrder], 204.8, 1.01);
    EXPECT_NEAR(counts[Operation::kCancelOrder], 102.4, 2.01);
  }
}

TEST(OperationChooser, SharesHoldInTheLongRunForOddWeights) {
  const std::vector<MixPart> mix{
      {Operation::kCreateOrder, 1}, {Operation::kGetOrder, 1}, {Operation::kGetUser, 1.0 / 1'000}};
  const OperationChooser chooser(mix, 3);
  std::map<Operation, double> counts;
  constexpr double kNumbers = 1'000'000;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) counts[chooser.choose(i)] += 1;
  EXPECT_NEAR(counts[Operation::kCreateOrder] / kNumbers, 1 / 2.001, 2e-4);
  EXPECT_NEAR(counts[Operation::kGetUser] / kNumbers, 0.001 / 2.001, 5e-5);
}

// Every fourth number, as one of four shards sees them, must not be all of one kind.
TEST(OperationChooser, EveryShardGetsTheMix) {
  const std::vector<MixPart> mix{{Operation::kCreateOrder, 70}, {Operation::kGetOrder, 30}};
  const OperationChooser chooser(mix, 42);
  for (std::uint64_t shard = 0; shard < 4; ++shard) {
    double orders = 0;
    for (std::uint64_t i = shard; i < 40'000; i += 4) {
      if (chooser.choose(i) == Operation::kCreateOrder) orders += 1;
    }
    EXPECT_NEAR(orders / 10'000, 0.7, 0.02) << shard;
  }
}

TEST(OperationChooser, OrderOfTheMixDoesNotMatterAndTheSeedDoes) {
  const OperationChooser one({{Operation::kCreateOrder, 1}, {Operation::kGetOrder, 1}}, 1);
  const OperationChooser same({{Operation::kGetOrder, 1}, {Operation::kCreateOrder, 1}}, 1);
  const OperationChooser other({{Operation::kCreateOrder, 1}, {Operation::kGetOrder, 1}}, 2);
  int differences = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    EXPECT_EQ(one.choose(i), same.choose(i));
    if (one.choose(i) != other.choose(i)) ++differences;
  }
  EXPECT_GT(differences, 300);
}

}  // namespace
}  // namespace cqrs
