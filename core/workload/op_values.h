// What an operation of a load says and does: its request body, and the mark that it leaves on the
// entity. Pure functions of the run's seed, the operation's number and the entity's index, so that
// a command can be sent again, and judged afterwards, without keeping it.
#pragma once

#include "core/base/check.h"
#include "core/workload/generator.h"
#include "core/workload/operation.h"
#include "core/workload/scenario.h"
#include "core/workload/skew.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cqrs {

// One operation of a run.
struct Op {
  std::uint64_t number = 0;  // in the schedule of the whole run, over all shards: seeds its values
  Operation operation = Operation::kCreateUser;
  std::uint64_t index = 0;  // of the entity in the generator; of a list or search: random bits
};

// Entities 0 … count-1 of a kind are the data that is there before the run, made by the generator;
// what operation number n creates has index count + n. Thread-safe: holds no state but its inputs.
class OpValues {
 public:
  // `data`: seed, and how many entities of each kind are there before the run. Orders that the run
  // creates refer to those, by the skews of their kinds.
  OpValues(const WorkloadShape& data, const std::array<Skew, 3>& skew);

  [[nodiscard]] StreamKey target(const Op& op) const;
  // Of a creation: its entity.
  [[nodiscard]] std::uint64_t fresh_index(Kind kind, std::uint64_t number) const {
    return generator_.shape().count(kind) + number;
  }
  // Appends 32 hexadecimal digits, random in key order.
  void append_idempotency_key(std::string& out, const Op& op) const;
  // Appends the JSON body of a command; nothing when it has none.
  void append_body(std::string& out, const Op& op) const;
  // One of the entities that are there, by the skew of its kind; `bits`: 64 random ones. There must
  // be any.
  [[nodiscard]] std::uint64_t choose(Kind kind, std::uint64_t bits) const {
    const auto& chooser = choosers_[kind_index(kind)];
    CQRS_CHECK(chooser.has_value());
    return chooser->choose(bits);
  }
  // The state of the entity with everything that the operation sets, all else as it is by default;
  // nothing for a deletion.
  [[nodiscard]] std::optional<State> outcome(const Op& op) const;
  // The mark that the command must have left: mark_of() its outcome.
  [[nodiscard]] Digest mark(const Op& op) const;

  [[nodiscard]] const Generator& generator() const { return generator_; }

 private:
  [[nodiscard]] std::uint64_t random(std::uint64_t number, std::uint64_t purpose) const;
  [[nodiscard]] Money new_price(const Op& op) const;
  [[nodiscard]] OrderState order(const Op& op) const;

  Generator generator_;
  std::array<std::optional<EntityChooser>, kAllKinds.size()> choosers_;
};

// The fields that `operation` sets, as `state` has them (nothing: deleted), hashed with the
// entity's key: equal marks say that the command's effect is there, whatever else happened to the
// entity. Of an order's creation the prices are left out, because the server takes them from the
// products as they are. Format: docs/formats/ledger.md.
[[nodiscard]] Digest mark_of(Operation operation, const StreamKey& key,
                             const std::optional<State>& state);

}  // namespace cqrs
