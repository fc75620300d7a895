// The grammar of thresholds, read from left to right.
#include "core/workload/nearest.h"
#include "core/workload/operation.h"
#include "core/workload/quantity.h"
#include "core/workload/slo.h"
#include "core/workload/slo_metric.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cqrs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLongest = 200;
constexpr std::chrono::hours kLongestWindow{24};
constexpr std::string_view kForm = "METRIC[{op=NAME}]:AGG OP VALUE[UNIT] [@WINDOW] [abort[=DELAY]]";

using Units = std::vector<std::pair<std::string_view, double>>;

const Units& units_of(SloUnit unit) {
  static const Units kTimes{{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}};
  static const Units kSeconds{{"", 1}, {"s", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"m", 60}};
  static const Units kBytes{{"", 1},     {"B", 1},      {"kB", 1e3},      {"MB", 1e6},
                            {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  static const Units kShares{{"", 1}, {"%", 0.01}};
  static const Units kCounts{{"", 1}, {"k", 1e3}, {"m", 1e6}};
  static const Units kRates{{"", 1}, {"/s", 1}, {"k", 1e3}, {"k/s", 1e3}, {"m", 1e6}, {"m/s", 1e6}};
  static const Units kPlain{{"", 1}};
  switch (unit) {
    case SloUnit::kMicros:
      return kTimes;
    case SloUnit::kSeconds:
      return kSeconds;
    case SloUnit::kBytes:
      return kBytes;
    case SloUnit::kShare:
      return kShares;
    case SloUnit::kCount:
      return kCounts;
    case SloUnit::kPerSecond:
      return kRates;
    case SloUnit::kPlain:
      break;
  }
  return kPlain;
}

std::string units_text(SloUnit unit) {
  std::vector<std::string_view> names;
  for (const auto& [name, scale] : units_of(unit)) {
    if (!name.empty()) names.push_back(name);
  }
  return names.empty() ? "none" : listed(names);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { slo_.text = text; }

  Result<Slo> parse() {
    if (text_.size() > kLongest) {
      return fail("is " + std::to_string(text_.size()) + " characters long (at most " +
                  std::to_string(kLongest) + "): write one threshold at a time");
    }
    CQRS_TRY(metric());
    CQRS_TRY(tag());
    CQRS_TRY(aggregate());
    CQRS_TRY(comparison());
    CQRS_TRY(value());
    CQRS_TRY(endings());
    CQRS_TRY(series());
    return slo_;
  }

 private:
  [[nodiscard]] Error fail(const std::string& what) const {
    return invalid("slo", "the threshold \"" + std::string(text_.substr(0, kLongest)) + "\", at " +
                              "character " + std::to_string(started_ + 1) + ": " + what);
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    started_ = at_;
  }
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  // Up to one of `ends`, blanks before it left out.
  std::string_view take_until(std::string_view ends) {
    skip_blanks();
    const auto end = std::min(text_.find_first_of(ends, at_), text_.size());
    std::string_view taken = text_.substr(at_, end - at_);
    at_ = end;
    while (taken.ends_with(' ')) taken.remove_suffix(1);
    return taken;
  }
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

  Status metric() {
    const auto name = take_until("{:<>=! ");
    metric_ = find_metric(name);
    if (name.empty()) return fail("a metric is missing: write " + std::string(kForm));
    if (metric_ == nullptr) {
      return fail("there is no metric " + quoted(name) + ": " + did_you_mean(name, metric_names()));
    }
    slo_.metric = name;
    return {};
  }

  Status tag() {
    skip_blanks();
    if (done() || text_[at_] != '{') return {};
    ++at_;
    const auto name = take_until("=}");
    if (done() || text_[at_] != '=') {
      return fail("a tag is written {op=create_order} or {phase=NAME}");
    }
    ++at_;
    const auto value = take_until("}");
    if (done()) return fail("the tag has no } at its end");
    ++at_;
    if (value.empty()) return fail("the tag " + quoted(name) + " has no value");
    slo_.tag = name;
    slo_.tag_value = value;
    if (name == "op") return operation(value);
    if (name == "phase") return {};
    return fail("there is no tag " + quoted(name) + ": there are op and phase");
  }

  Status operation(std::string_view name) {
    const auto operation = find_operation(name);
    if (!operation) {
      std::vector<std::string_view> names;
      for (const auto& info : all_operations()) names.push_back(info.name);
      return fail("there is no operation " + quoted(name) + ": " + did_you_mean(name, names));
    }
    const bool command = info_of(*operation).command;
    if (metric_->operations == SloMetric::Tags::kNone) {
      return fail(slo_.metric + " is not kept per operation: leave {op=" + std::string(name) +
                  "} out");
    }
    if (metric_->operations == SloMetric::Tags::kCommand && !command) {
      return fail(std::string(name) + " is a query: use query.latency");
    }
    if (metric_->operations == SloMetric::Tags::kQuery && command) {
      return fail(std::string(name) + " is a command: use command.latency");
    }
    return {};
  }

  Status aggregate() {
    skip_blanks();
    if (!done() && text_[at_] == ':') {
      ++at_;
      const auto name = take_until("<>=! ");
      slo_.aggregate = canonical_aggregate(*metric_, name);
      if (!slo_.aggregate.empty()) return {};
      return fail(slo_.metric + " has no " + quoted(name) + ": there are " +
                  aggregates_of(*metric_));
    }
    slo_.aggregate = standard_aggregate(*metric_);
    if (!slo_.aggregate.empty()) return {};
    return fail(slo_.metric + " needs to say which of its values: write " + slo_.metric +
                ":p99, or one of " + aggregates_of(*metric_));
  }

  Status comparison() {
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> kSigns{
        {{"<=", Comparison::kLessEqual},
         {">=", Comparison::kGreaterEqual},
         {"==", Comparison::kEqual},
         {"!=", Comparison::kUnlike},
         {"<", Comparison::kLess},
         {">", Comparison::kGreater}}};
    skip_blanks();
    for (const auto& [sign, comparison] : kSigns) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      slo_.comparison = comparison;
      return {};
    }
    if (!done() && text_[at_] == '=') return fail("\"=\" is no comparison: use ==");
    return fail("a comparison is missing: there are <, <=, >, >=, ==, !=");
  }

  Status value() {
    const auto text = take_until(" @");
    const auto quantity = split_quantity(text);
    if (!quantity) return fail(quoted(text) + " is no number, as in 250ms, 1% or 0");
    const SloUnit unit = unit_of(slo_);
    const bool named = metric_->needs_unit && unit == SloUnit::kMicros;
    if (quantity->unit.empty() && named) {
      return fail(quoted(text) + " has no unit: add us, ms, s or m");
    }
    double scale = quantity->unit.empty() ? 1 : 0;
    for (const auto& [name, times] : units_of(unit)) {
      if (name == quantity->unit) scale = times;
    }
    if (scale == 0) {
      return fail(quoted(quantity->unit) + " is no unit of " + slo_.metric + ": there are " +
                  units_text(unit));
    }
    slo_.value = quantity->value * scale;
    if (slo_.value < 0 && unit != SloUnit::kPlain) return fail("it can never be below 0");
    if (unit == SloUnit::kShare && slo_.value > 1) {
      return fail(quoted(text) + " is more than all: a share is 0 to 1, or 0% to 100%");
    }
    return {};
  }

  Result<milliseconds> length(std::string_view text) const {
    const auto time = parse_time(text);
    if (!time || *time > kLongestWindow) {
      return fail(quoted(text) + " is no time like 500ms, 10s or 5m, at most 24h");
    }
    return std::chrono::duration_cast<milliseconds>(*time);
  }

  Status endings() {
    for (skip_blanks(); !done(); skip_blanks()) {
      const auto word = take_until(" ");
      if (word.starts_with('@')) {
        CQRS_TRY(window(word.substr(1)));
      } else if (word == "abort" || word.starts_with("abort=")) {
        slo_.abort = true;
        if (word == "abort") continue;
        auto delay = length(word.substr(6));
        if (!delay) return delay.error();
        slo_.abort_after = *delay;
      } else {
        return fail(quoted(word) + " is not understood: behind the value may stand @WINDOW, as " +
                    "in @10s, and abort or abort=DELAY");
      }
    }
    return {};
  }

  Status window(std::string_view text) {
    auto window = length(text);
    if (!window) return window.error();
    if (window->count() == 0 || window->count() % 1'000 != 0) {
      return fail("a window is whole seconds, as in @10s: values are kept for every second");
    }
    slo_.window = *window;
    return {};
  }

  // What is judged on one-second values must be in them.
  Status series() {
    if (!needs_series(slo_) && !slo_.abort) return {};
    const std::string why = slo_.window.count() > 0 ? "a window (@)"
                            : slo_.abort            ? "abort"
                                                    : "{phase=...}";
    started_ = 0;
    if (slo_.tag == "op") {
      return fail("operations are not kept for every second: leave " + why + " or {op=...} out");
    }
    if (in_series(*metric_, slo_.aggregate)) return {};
    std::string kept(metric_->series);
    for (std::size_t blank = 0; (blank = kept.find(' ', blank)) != std::string::npos; blank += 2) {
      kept.replace(blank, 1, ", ");
    }
    const std::string absent = " is not kept for every second: leave " + why + " out";
    if (kept.empty()) return fail(slo_.metric + absent);
    return fail(slo_.metric + ":" + slo_.aggregate + absent + ", or use " + kept);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t started_ = 0;  // where what is being read begins
  const SloMetric* metric_ = nullptr;
  Slo slo_;
};

}  // namespace

Result<Slo> parse_slo(std::string_view text) { return Parser(text).parse(); }

}  // namespace cqrs
