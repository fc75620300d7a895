// Skew, faults, probes and lists of words of a scenario file.
#include "core/workload/nearest.h"
#include "core/workload/quantity.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_limits.h"
#include "core/workload/scenario_reading.h"

#include <algorithm>
#include <numeric>

namespace cqrs {
namespace scenario_reading {
namespace {

namespace limits = scenario_limits;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// A word of `known`, or a complaint with the one that was meant.
std::optional<std::string> read_word(LinedObject& object, std::string_view key,
                                     const std::vector<std::string_view>& known) {
  const auto text = object.text(key, limits::kLongestName);
  if (!text) return std::nullopt;
  if (std::find(known.begin(), known.end(), *text) != known.end()) return text;
  object.complain(key, "there is no \"" + *text + "\": " + did_you_mean(*text, known));
  return std::nullopt;
}

Fault read_fault(LinedObject& object) {
  Fault fault;
  object.require("at", R"(when it happens, from the start of the first phase, as "at": "30s")");
  fault.at = object.time("at", microseconds{0}, limits::kLongestRun).value_or(microseconds{0});
  object.require("do", R"(what happens, as "do": "kill")");
  const auto action = read_word(object, "do", {limits::kActions.begin(), limits::kActions.end()});
  if (action) fault.action = *find_fault_action(*action);
  object.require("target", R"(to what, as "target": "projector")");
  std::vector<std::string_view> targets(limits::kRoles.begin(), limits::kRoles.end());
  targets.insert(targets.end(), limits::kServers.begin(), limits::kServers.end());
  fault.target = read_word(object, "target", targets).value_or("projector");
  fault.lasting =
      object.time("for", milliseconds{1}, limits::kLongestRun).value_or(microseconds{0});
  const auto delay = object.time("delay", milliseconds{1}, limits::kLongestDelay);
  fault.delay = std::chrono::duration_cast<milliseconds>(delay.value_or(microseconds{0}));
  object.finish();
  return fault;
}

}  // namespace

Skew read_skew(LinedJson& json, const JsonValue& value, const std::string& path) {
  Skew skew;
  if (value.is(JsonType::kString) && value.text == "uniform") return skew;
  LinedObject object(json, value, path);
  if (!object.valid()) return skew;
  const bool zipfian = object.find("zipfian") != nullptr;
  const auto* const hot = object.find("hot");
  if (zipfian == (hot != nullptr)) {
    json.complain(value, path,
                  "must be \"uniform\", {\"zipfian\": 0.99} or {\"hot\": {\"keys\": "
                  "10, \"share\": 0.9}}");
    return skew;
  }
  object.finish();
  if (zipfian) {
    skew.shape = Skew::Shape::kZipfian;
    skew.exponent = object.number("zipfian", 0.01, 1.99).value_or(skew.exponent);
    return skew;
  }
  skew.shape = Skew::Shape::kHotKeys;
  LinedObject keys(json, *hot, path + ".hot");
  keys.require("keys", "how many are hot, as \"keys\": 10");
  skew.hot_keys = keys.whole("keys", 1, limits::kMostEntities).value_or(1);
  skew.hot_share = keys.number("share", 0, 1).value_or(skew.hot_share);
  keys.finish();
  return skew;
}

Faults read_faults(LinedJson& json, const JsonValue& list) {
  Faults read;
  for (const auto& value : list) {
    const std::string place = "faults[" + std::to_string(read.list.size()) + "]";
    LinedObject object(json, value, place);
    read.list.push_back(object.valid() ? read_fault(object) : Fault{});
    read.places.push_back(place);
  }
  std::vector<std::size_t> order(read.list.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&read](std::size_t left, std::size_t right) {
    return read.list[left].at < read.list[right].at;
  });
  Faults sorted;
  for (const auto index : order) {
    sorted.list.push_back(read.list[index]);
    sorted.places.push_back(read.places[index]);
  }
  return sorted;
}

Probing read_probing(LinedJson& json, const JsonValue& value, const std::string& path) {
  const auto probing = value.is(JsonType::kString) ? parse_probing(value.text) : std::nullopt;
  if (!probing) {
    json.complain(value, path, R"(must be "all", "none" or a share like "1/100")");
  }
  return probing.value_or(Probing{});
}

std::vector<std::string> read_words(LinedObject& object, std::string_view key,
                                    const std::vector<std::string_view>& known) {
  std::vector<std::string> words;
  const auto* const list = object.array(key, known.size());
  if (list == nullptr) return words;
  for (const auto& value : *list) {
    const std::string path = object.path_of(key) + "[" + std::to_string(words.size()) + "]";
    words.emplace_back(value.is(JsonType::kString) ? value.text : std::string_view());
    if (std::find(known.begin(), known.end(), words.back()) == known.end()) {
      object.json().complain(value, path,
                             "there is no \"" + words.back().substr(0, 60) +
                                 "\": " + did_you_mean(words.back(), known));
    } else if (std::count(words.begin(), words.end(), words.back()) > 1) {
      object.json().complain(value, path, "\"" + words.back() + "\" stands there twice");
    }
  }
  return words;
}

}  // namespace scenario_reading

std::optional<Probing> parse_probing(std::string_view text) {
  if (text == "all") return Probing{};
  if (text == "none") return Probing{1, false};
  if (!text.starts_with("1/")) return std::nullopt;
  const auto one_in = parse_whole(text.substr(2));
  if (!one_in || *one_in == 0 || *one_in > 1'000'000'000) return std::nullopt;
  return Probing{*one_in, true};
}

std::string probing_text(const Probing& probing) {
  if (!probing.on) return "none";
  return probing.one_in == 1 ? "all" : "1/" + std::to_string(probing.one_in);
}

}  // namespace cqrs
