// The parts of a scenario file, each read from its own value. For scenario_file.cc only.
#pragma once

#include "core/workload/lined_json.h"
#include "core/workload/scenario.h"

#include <string>
#include <vector>

namespace cqrs::scenario_reading {

// Both lists, and where each of its elements stands in the file: stages become several phases, and
// faults are sorted.
struct Phases {
  std::vector<Phase> list;
  std::vector<std::string> places;
};
struct Faults {
  std::vector<Fault> list;
  std::vector<std::string> places;
};

[[nodiscard]] std::vector<MixPart> read_mix(LinedJson& json, const JsonValue& value,
                                            const std::string& path);
// `standard`: the mix of phases that have none.
[[nodiscard]] Phases read_phases(LinedJson& json, const JsonValue& list,
                                 const std::vector<MixPart>& standard);
[[nodiscard]] Faults read_faults(LinedJson& json, const JsonValue& list);
[[nodiscard]] Skew read_skew(LinedJson& json, const JsonValue& value, const std::string& path);
[[nodiscard]] Probing read_probing(LinedJson& json, const JsonValue& value,
                                   const std::string& path);
// An array of words, each out of `known`; no word twice.
[[nodiscard]] std::vector<std::string> read_words(LinedObject& object, std::string_view key,
                                                  const std::vector<std::string_view>& known);

}  // namespace cqrs::scenario_reading

namespace cqrs {

// "all", "1/100", "none"; nothing when it is none of them.
[[nodiscard]] std::optional<Probing> parse_probing(std::string_view text);
[[nodiscard]] std::string probing_text(const Probing& probing);

}  // namespace cqrs
