#include "cli/load/run_verdict.h"

#include "cli/output/units.h"
#include "cli/report/run_slos.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cqrs::load {
namespace {

// A thread of the generator that is busier has no room to keep a schedule.
constexpr double kBusyMost = 0.95;

std::string percent_text(double share) {
  std::array<char, 32> text{};
  // Never rounded up to a promise that was not kept.
  std::snprintf(text.data(), text.size(), "%.2f %%", std::floor(share * 10'000) / 100);
  return text.data();
}

std::string count_text(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

class Judge {
 public:
  Judge(LoadOutcome& outcome, const LoadPlan& plan, const RunProof& proof)
      : record_(outcome.record), facts_(outcome.facts), plan_(plan), proof_(proof) {}

  void run() {
    record_.lost = proof_.verified ? proof_.lost : -1;
    record_.slos = judge_all(record_, plan_.slos, proof_.figures);
    add_checks();
    decide();
    expect();
  }

 private:
  [[nodiscard]] bool schedule_missed() const {
    return record_.model == "open" && record_.achieved_ratio < plan_.min_achieved;
  }
  [[nodiscard]] bool generator_was_the_limit() const {
    return record_.model == "open" && facts_.busiest > kBusyMost;
  }

  void add_check(const std::string& name, bool ok, const std::string& detail) {
    record_.checks.push_back({name, ok, detail, 0});
  }

  void add_checks() {
    if (proof_.verified) {
      add_check("nothing acknowledged was lost, and both sides agree", proof_.differences == 0,
                proof_.differences == 0 ? "no differences"
                                        : grouped(proof_.differences) + " differences, " +
                                              grouped(proof_.lost) + " of them lost");
    }
    if (record_.model == "open") {
      add_check("the schedule was kept", !schedule_missed(),
                percent_text(record_.achieved_ratio) + " of " + rate_text(record_.intended_per_s) +
                    " sent, " + percent_text(plan_.min_achieved) + " wanted");
      add_check("the generator was not the limit", !generator_was_the_limit(),
                "its busiest thread used " + percent_text(facts_.busiest) + " of a processor");
    }
    add_check("every outcome is known", record_.indeterminate == 0,
              count_text(record_.indeterminate) + " indeterminate, " +
                  count_text(record_.resolved) + " found out by asking again");
    if (!plan_.await_visible) return;
    add_check("everything acknowledged became visible", facts_.all_visible,
              facts_.all_visible
                  ? seconds_text(std::max(0.0, record_.visible_after_s)) +
                        " after the last acknowledgement"
                  : "not within " +
                        seconds_text(
                            std::chrono::duration<double>(plan_.scenario.expect.visible).count()));
  }

  void say(const char* verdict, ExitCode code, std::string headline) {
    record_.verdict = verdict;
    record_.exit_code = static_cast<int>(code);
    record_.headline = std::move(headline);
  }

  void decide() {
    const auto broken = std::find_if(record_.slos.begin(), record_.slos.end(),
                                     [](const SloResult& slo) { return !slo.ok; });
    if (proof_.differences > 0) {
      say("fail", ExitCode::kDifferences,
          grouped(proof_.differences) +
              " differences between what was acknowledged and what is "
              "there, " +
              grouped(proof_.lost) + " acknowledged writes lost");
    } else if (facts_.interrupted) {
      say("inconclusive", ExitCode::kInterrupted,
          "interrupted after " + seconds_text(record_.elapsed_s) + ": these are partial figures");
    } else if (schedule_missed()) {
      say("invalid", ExitCode::kInvalidRun, missed_text());
    } else if (generator_was_the_limit()) {
      say("invalid", ExitCode::kInvalidRun,
          "a thread of the load generator used " + percent_text(facts_.busiest) +
              " of a processor: its figures would tell of itself; lower the rate, add --threads, "
              "or split the run by --shard");
    } else if (broken != record_.slos.end()) {
      say("fail", ExitCode::kSloFailed, "broken: " + text_of(*broken));
    } else if (record_.indeterminate > 0 || !facts_.all_visible || proof_.inconclusive) {
      say("inconclusive", ExitCode::kInconclusive, inconclusive_text());
    } else {
      say("pass", ExitCode::kDone, pass_text());
    }
  }

  [[nodiscard]] std::string missed_text() const {
    return "the schedule was missed: " + rate_text(record_.achieved_per_s) + " sent of " +
           rate_text(record_.intended_per_s) + " intended (" +
           percent_text(record_.achieved_ratio) +
           "); the system held back so much that --max-inflight was reached, or this machine was "
           "too busy";
  }

  [[nodiscard]] std::string inconclusive_text() const {
    if (record_.indeterminate > 0) {
      return count_text(record_.indeterminate) + " commands have no known outcome";
    }
    if (!facts_.all_visible) return "not everything that was acknowledged became visible in time";
    return proof_.reason;
  }

  [[nodiscard]] std::string pass_text() const {
    std::string text =
        count_text(record_.sent) + " operations at " + rate_text(record_.achieved_per_s);
    if (record_.latency.count() > 0) {
      text += ", commands p99 " + micros_text(record_.latency.percentile(99));
    } else if (record_.query_latency.count() > 0) {
      text += ", queries p99 " + micros_text(record_.query_latency.percentile(99));
    }
    if (record_.staleness.count() > 0) {
      text += ", visible p99 " + micros_text(record_.staleness.percentile(99));
    }
    return text + (proof_.verified ? "; nothing lost, both sides agree" : "; not verified");
  }

  // A scenario may be there to show a failure.
  void expect() {
    const std::string& wanted = plan_.scenario.expect.verdict;
    if (wanted == "pass" || facts_.interrupted) return;
    // A threshold may be meant to break, a write is never meant to be lost.
    const bool as_expected = record_.verdict == wanted && proof_.differences == 0;
    record_.headline = (as_expected ? "as expected, " : "not as expected (" + wanted + "), ") +
                       record_.verdict + ": " + record_.headline;
    if (as_expected) {
      record_.exit_code = 0;
    } else if (record_.exit_code == 0) {
      record_.exit_code = static_cast<int>(ExitCode::kSloFailed);
    }
  }

  RunRecord& record_;
  const RunFacts& facts_;
  const LoadPlan& plan_;
  const RunProof& proof_;
};

}  // namespace

void judge_run(LoadOutcome& outcome, const LoadPlan& plan, const RunProof& proof) {
  Judge(outcome, plan, proof).run();
}

}  // namespace cqrs::load
