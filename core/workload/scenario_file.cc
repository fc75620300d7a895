#include "core/workload/scenario_file.h"

#include "core/workload/lined_json.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_limits.h"
#include "core/workload/scenario_reading.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace cqrs {
namespace {

namespace limits = scenario_limits;
using namespace scenario_reading;  // NOLINT(google-build-using-namespace)
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::array<std::string_view, 3> kPlurals{"users", "products", "orders"};

milliseconds to_millis(microseconds time) { return std::chrono::duration_cast<milliseconds>(time); }

bool plain_name(std::string_view name) {
  return name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

class Reader {
 public:
  Reader(LinedJson& json, LinedObject& file) : json_(json), file_(file) {}

  Scenario read() {
    read_head();
    read_data();
    read_skews();
    std::vector<MixPart> standard;
    if (const auto* const mix = file_.find("mix"); mix != nullptr) {
      standard = read_mix(json_, *mix, "mix");
    }
    if (const auto* const list = file_.require("phases",
                                               "at least one, as [{\"name\": \"steady\", "
                                               "\"duration\": \"30s\", \"arrival\": "
                                               "{\"rate\": 500}}]");
        list != nullptr && file_.array("phases", limits::kMostPhases) != nullptr) {
      phases_ = read_phases(json_, *list, standard);
    }
    if (const auto* const list = file_.array("faults", limits::kMostFaults); list != nullptr) {
      faults_ = read_faults(json_, *list);
    }
    read_slos();
    if (const auto* const value = file_.find("probe_staleness"); value != nullptr) {
      scenario_.probing = read_probing(json_, *value, "probe_staleness");
    }
    read_expectation();
    read_limits();
    file_.finish();
    scenario_.phases = phases_.list;
    scenario_.faults = faults_.list;
    return scenario_;
  }

  // Where a problem of the whole scenario stands in the file.
  [[nodiscard]] std::string place_in_file(const std::string& place) const {
    const auto translated = [&place](std::string_view list, const auto& places) {
      std::size_t index = 0;
      const char* const start = place.data() + list.size();
      const auto [end, error] = std::from_chars(start, place.data() + place.size(), index);
      if (error != std::errc() || index >= places.size()) return place;
      return places[index] + (end + 1);  // what stands behind the ]
    };
    if (place.starts_with("phases[")) {
      std::string path = translated("phases[", phases_.places);
      // Stages have no mix of their own, and a phase may take that of the file.
      const auto stages = path.find(".arrival.stages[");
      const auto mix = path.find(".mix");
      if (stages != std::string::npos && mix != std::string::npos) path.erase(stages, mix - stages);
      return path;
    }
    return place.starts_with("faults[") ? translated("faults[", faults_.places) : place;
  }

 private:
  void read_head() {
    file_.text("$schema", 1'000);
    file_.require("name", R"(as "name": "my-scenario")");
    scenario_.name = file_.text("name", limits::kLongestName).value_or("scenario");
    if (!plain_name(scenario_.name)) {
      file_.complain("name", "must be of a-z, 0-9 and -, and not begin with -");
    }
    scenario_.description =
        file_.text("description", limits::kLongestDescription).value_or(std::string());
    scenario_.seed = file_.whole("seed", 0, std::numeric_limits<std::uint64_t>::max());
    scenario_.profiles =
        read_words(file_, "profiles", {limits::kProfiles.begin(), limits::kProfiles.end()});
  }

  void read_data() {
    const auto* const value = file_.find("data");
    if (value == nullptr) return;
    LinedObject data(json_, *value, "data");
    for (std::size_t kind = 0; kind < kPlurals.size(); ++kind) {
      scenario_.data[kind] = data.whole(kPlurals[kind], 0, limits::kMostEntities).value_or(0);
    }
    data.finish();
  }

  void read_skews() {
    const auto* const value = file_.find("skew");
    if (value == nullptr) return;
    LinedObject skews(json_, *value, "skew");
    for (std::size_t kind = 0; kind < kPlurals.size(); ++kind) {
      const auto* const skew = skews.find(kPlurals[kind]);
      if (skew == nullptr) continue;
      scenario_.skew[kind] = read_skew(json_, *skew, skews.path_of(kPlurals[kind]));
    }
    skews.finish();
  }

  void read_slos() {
    const auto* const list = file_.array("slos", limits::kMostSlos);
    if (list == nullptr) return;
    for (const auto& value : *list) {
      const std::string path = "slos[" + std::to_string(scenario_.slos.size()) + "]";
      scenario_.slos.emplace_back();
      if (!value.is(JsonType::kString)) {
        json_.complain(value, path, "must be a text, as \"command.latency:p99<250ms\"");
        continue;
      }
      auto slo = parse_slo(value.text);
      if (slo) {
        scenario_.slos.back() = std::move(*slo);
      } else {
        json_.complain(value, path, slo.error().message);
      }
    }
  }

  void read_expectation() {
    const auto* const value = file_.find("expect");
    if (value == nullptr) return;
    LinedObject object(json_, *value, "expect");
    Expectation& expect = scenario_.expect;
    if (const auto verdict = object.text("verdict", limits::kLongestName); verdict) {
      expect.verdict = *verdict;
      if (std::find(limits::kVerdicts.begin(), limits::kVerdicts.end(), *verdict) ==
          limits::kVerdicts.end()) {
        object.complain("verdict", "must be pass, fail, inconclusive or invalid");
      }
    }
    if (const auto visible = object.time("visible", milliseconds{1}, limits::kLongestRun)) {
      expect.visible = to_millis(*visible);
    }
    if (object.find("verify") != nullptr) {
      expect.verify =
          read_words(object, "verify", {limits::kVerifyModes.begin(), limits::kVerifyModes.end()});
    }
    object.finish();
  }

  void read_limits() {
    if (const auto timeout = file_.time("timeout", milliseconds{1}, limits::kLongestTimeout)) {
      scenario_.timeout = to_millis(*timeout);
    }
    if (const auto most = file_.whole("max_in_flight", 1, limits::kMostInFlight)) {
      scenario_.max_in_flight = static_cast<std::uint32_t>(*most);
    }
  }

  LinedJson& json_;
  LinedObject& file_;
  Scenario scenario_;
  Phases phases_;
  Faults faults_;
};

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, std::string_view file_name) {
  auto json = LinedJson::parse(text, std::string(file_name));
  if (!json) return json.error();
  LinedObject file(*json, json->root(), "");
  if (!file.valid()) return json->error();
  Reader reader(*json, file);
  Scenario scenario = reader.read();
  // What single values are wrong about would only echo here.
  if (json->failed()) return json->error();
  for (const auto& problem : problems_of(scenario)) {
    const auto place = reader.place_in_file(problem.place);
    json->complain(json->at(place), place, problem.what);
  }
  if (json->failed()) return json->error();
  return scenario;
}

}  // namespace cqrs
