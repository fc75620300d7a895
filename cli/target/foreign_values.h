// What our workload says about one entity, as the variables of a profile: made of the generator and
// of the ids that the foreign system gave.
#pragma once

#include "core/workload/generator.h"
#include "core/workload/operation.h"

#include "cli/target/id_table.h"
#include "cli/target/template.h"

#include <map>
#include <optional>
#include <string>

namespace cqrs::target {

// Valid as long as its generator and ids. Used by one thread.
class ForeignValues final : public Values {
 public:
  ForeignValues(const Generator& generator, const IdTable& ids, Kind kind, std::uint64_t index);

  // As operation `number` of a run leaves the entity: an update has a name of its own, a change of
  // price a price, a step of an order its status. Creations change nothing.
  void apply(Operation operation, std::uint64_t number);
  // Replaces one value, e.g. a price that is an experiment.
  void set(const std::string& name, std::string value) { changed_[name] = std::move(value); }

  [[nodiscard]] bool append(std::string& out, std::string_view name) const override;
  [[nodiscard]] std::size_t items() const override;
  [[nodiscard]] bool append_item(std::string& out, std::size_t item,
                                 std::string_view name) const override;
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t index() const { return index_; }

 private:
  [[nodiscard]] bool append_state(std::string& out, std::string_view name) const;

  const Generator& generator_;
  const IdTable& ids_;
  Kind kind_;
  std::uint64_t index_;
  State state_;
  std::map<std::string, std::string, std::less<>> changed_;
};

// A few values by name: pages of lists, a token.
class PlainValues final : public Values {
 public:
  explicit PlainValues(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}
  [[nodiscard]] bool append(std::string& out, std::string_view name) const override {
    const auto found = values_.find(name);
    if (found == values_.end()) return false;
    out += found->second;
    return true;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace cqrs::target
