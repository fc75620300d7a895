// Where experiments on a live foreign system are made: entities of their own, made one by one, and
// what is expected of each looked at until it is so or stays wrong.
#pragma once

#include "core/workload/generator.h"

#include "cli/target/foreign_report.h"
#include "cli/target/settled.h"

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::target {

using Overrides = std::map<std::string, std::string>;

// What must be read of an entity in the end.
struct Expectation {
  EntityRef ref;
  Overrides overrides;                 // that it was created with
  std::optional<Operation> operation;  // the last that was done to it
  std::uint64_t number = 0;
  bool gone = false;  // it was deleted
  // Of the last look:
  bool absent = false;
  std::vector<FieldDifference> fields;
};

// A command that changes what can be read.
struct Updating {
  Kind kind = Kind::kUser;
  Operation operation = Operation::kUpdateUser;
};

// Used by one thread. Everything outlives it.
class Lab {
 public:
  // `seed` makes entities that no earlier experiment made.
  Lab(Session& session, std::uint64_t seed, std::chrono::milliseconds patience,
      const std::atomic<bool>& interrupted, ForeignReport& report);

  // Errors of all of these: invalid (the profile), unavailable (nothing answers).

  // Makes a new entity. Nothing: the system refused it, which refusal() tells.
  [[nodiscard]] Result<std::optional<EntityRef>> create(Kind kind, const Overrides& overrides = {});
  // False: refused.
  [[nodiscard]] Result<bool> command(const EntityRef& ref, Operation operation,
                                     std::uint64_t number);
  // Until the system says that it has caught up, or its time is over.
  [[nodiscard]] Result<Settled> settle();
  // One look.
  [[nodiscard]] Status look(Expectation& expected);
  // Those that are still wrong after settle() and the time of grace.
  [[nodiscard]] Result<std::vector<Expectation>> still_wrong(std::vector<Expectation> all);

  // The first mapped one of an entity that can be read; nothing: no update is mapped.
  [[nodiscard]] std::optional<Updating> updating() const;
  [[nodiscard]] bool can_create(Kind kind) const;
  [[nodiscard]] ForeignValues values(const Expectation& expected) const;
  [[nodiscard]] ForeignFinding finding(const EntityRef& ref, Difference kind,
                                       const std::string& experiment) const;
  // A number that no other command of this lab has.
  [[nodiscard]] std::uint64_t next_number() { return ++number_; }
  // A place in the generator for a new entity.
  [[nodiscard]] EntityRef fresh(Kind kind) { return {kind, next_[kind_index(kind)]++}; }

  // A place for one that is never to be made.
  [[nodiscard]] EntityRef nobody(Kind kind);

  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] const Target& target() const { return session_.target(); }
  [[nodiscard]] const Generator& generator() const { return generator_; }
  [[nodiscard]] ForeignReport& report() { return report_; }
  [[nodiscard]] const std::atomic<bool>& interrupted() const { return interrupted_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  void note(const std::string& experiment, const std::string& why) {
    report_.checks.push_back({"probe: " + experiment, 0, 0, why});
  }

 private:
  Session& session_;
  const Generator generator_;
  const std::chrono::milliseconds patience_;
  const std::atomic<bool>& interrupted_;
  ForeignReport& report_;
  JsonDocument document_;
  std::array<std::uint64_t, kAllKinds.size()> next_{};
  std::uint64_t nobodies_ = 0;
  std::uint64_t number_ = 0;
  std::string refusal_;
};

}  // namespace cqrs::target
