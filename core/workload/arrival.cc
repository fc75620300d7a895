#include "core/workload/arrival.h"

#include "core/base/check.h"
#include "core/base/hash.h"

#include <algorithm>
#include <cmath>

namespace cqrs {
namespace {

// (0, 1]: its logarithm is finite.
double unit(std::uint64_t bits) { return (static_cast<double>(bits >> 11U) + 1) * 0x1p-53; }

constexpr std::uint64_t kBlock = 1'024;
constexpr std::uint64_t kArrivals = 0xA771BA15;  // keeps the two uses of one seed apart
constexpr std::uint64_t kChoices = 0xC401CE5;

// A permutation of 0 … 1023 for each `key`: odd factors and shifted xors are bijections.
std::uint64_t permuted(std::uint64_t place, std::uint64_t key) {
  constexpr std::uint64_t kMask = kBlock - 1;
  std::uint64_t x = (place + key) & kMask;
  x = (x * (((key >> 10U) & kMask) | 1U)) & kMask;
  x ^= x >> 5U;
  x = (x * (((key >> 20U) & kMask) | 1U)) & kMask;
  x ^= x >> 4U;
  x = (x * (((key >> 30U) & kMask) | 1U) + (key >> 40U)) & kMask;
  return x ^ (x >> 5U);
}

}  // namespace

ArrivalStream::ArrivalStream(const Scenario& scenario, std::uint64_t seed) : seed_(seed) {
  std::chrono::nanoseconds start{0};
  double before = 0;
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    const Phase& phase = scenario.phases[i];
    if (!phase.arrival.closed) {
      const double seconds = static_cast<double>(phase.duration.count()) / 1e6;
      const double expected = (phase.arrival.from + phase.arrival.to) / 2 * seconds;
      spans_.push_back({i, static_cast<double>(start.count()), seconds, phase.arrival.from,
                        phase.arrival.to, before, before + expected,
                        phase.arrival.process == ArrivalProcess::kPoisson});
      before += expected;
    }
    start += phase.duration;
  }
  next_ = this->start();
  counted_ = this->start();
}

// Solves from t + (to - from) / (2 D) t^2 = expected in the form that does not cancel.
std::chrono::nanoseconds ArrivalStream::Span::offset_of(double expected) const {
  const double wanted = std::max(0.0, expected - before);
  double time = 0;
  if (wanted > 0) {
    const double slope = (to - from) / seconds;
    const double root = std::sqrt(std::max(0.0, from * from + 2 * slope * wanted));
    time = std::min(2 * wanted / (from + root), seconds);
  }
  return std::chrono::nanoseconds(std::llround(start_ns + time * 1e9));
}

ArrivalStream::Walk ArrivalStream::start() const {
  Walk walk;
  walk.random = mix64(seed_ ^ kArrivals);
  if (!spans_.empty() && spans_.front().poisson) {
    walk.expected = -std::log(unit(split_mix(walk.random)));
  }
  advance(walk);
  return walk;
}

void ArrivalStream::advance(Walk& walk) const {
  while (walk.span < spans_.size() && walk.expected >= spans_[walk.span].after) ++walk.span;
  if (walk.span == spans_.size()) {
    walk.pending.reset();
    return;
  }
  const Span& span = spans_[walk.span];
  walk.pending = Arrival{walk.number++, span.phase, span.offset_of(walk.expected)};
  walk.expected += span.poisson ? -std::log(unit(split_mix(walk.random))) : 1.0;
}

std::optional<Arrival> ArrivalStream::next() {
  const auto arrival = next_.pending;
  if (arrival) advance(next_);
  return arrival;
}

std::uint64_t ArrivalStream::intended_by(std::chrono::nanoseconds offset) {
  if (offset < counted_until_) counted_ = start();
  counted_until_ = offset;
  while (counted_.pending && counted_.pending->offset <= offset) advance(counted_);
  return counted_.pending ? counted_.pending->number : counted_.number;
}

OperationChooser::OperationChooser(const std::vector<MixPart>& mix, std::uint64_t seed)
    : seed_(mix64(seed ^ kChoices)) {
  CQRS_CHECK(!mix.empty());
  std::vector<MixPart> sorted = mix;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& left, const auto& right) { return left.operation < right.operation; });
  double sum = 0;
  for (const auto& part : sorted) sum += part.weight;
  double cumulated = 0;
  for (const auto& part : sorted) {
    cumulated += part.weight;
    parts_.push_back({cumulated / sum, part.operation});
  }
}

// Stratified: the numbers of a block take its 1,024 equal parts of [0, 1) in a random order, each
// at a random place within it.
Operation OperationChooser::choose(std::uint64_t number) const {
  const std::uint64_t key = mix64(seed_ ^ (number / kBlock));
  const auto stratum = static_cast<double>(permuted(number % kBlock, key));
  const double within = static_cast<double>(mix64(seed_ + number) >> 11U) * 0x1p-53;
  const double point = (stratum + within) / static_cast<double>(kBlock);
  for (const auto& part : parts_) {
    if (point < part.until) return part.operation;
  }
  return parts_.back().operation;
}

}  // namespace cqrs
