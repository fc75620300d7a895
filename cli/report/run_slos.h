// Thresholds judged on one run: on its histograms and totals, per operation, or on its one-second
// values where a window, a phase or an early end asks for them (run_series.h).
#pragma once

#include "core/workload/slo.h"

#include "cli/report/run_record.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cqrs {

// Values of metrics that a RunRecord has no member for, by their names and in base units:
// "verify.diff", "order.violations", "ledger.dup", "ledger.phantom", "ledger.stale",
// "ledger.acked", "replay.rate", "growth.exponent". They go before what the record says.
using SloFigures = std::map<std::string, double, std::less<>>;

// Thread-safe; both must outlive it. What a run does not know is no data, so its threshold fails:
// ledger.lost that nobody looked for, staleness without probes, recovery of a last fault from which
// none was seen, load.achieved and schedule_lag of a closed model.
//
// Warm-up counts for the ledger, cpu_us_per_cmd and rss, and for nothing else. Errors are what was
// rejected or indeterminate. cpu_us_per_cmd and rss are the load generator's own, as in the JSON of
// seed and load; those of the system are system.cpu_us_per_cmd and system.rss.
class RunSlos final : public SloSource {
 public:
  explicit RunSlos(const RunRecord& record, const SloFigures& figures);
  [[nodiscard]] std::optional<Observation> observe(const Slo& slo) const override;

 private:
  [[nodiscard]] std::optional<Observation> total(const Slo& slo) const;
  [[nodiscard]] std::optional<Observation> distribution(const Slo& slo) const;
  [[nodiscard]] std::optional<Observation> operations(const Slo& slo) const;
  [[nodiscard]] std::optional<Observation> ledger(const Slo& slo) const;
  [[nodiscard]] std::optional<Observation> recovery(const Slo& slo) const;
  [[nodiscard]] std::optional<Observation> cost(const Slo& slo) const;

  const RunRecord& record_;
  const SloFigures& figures_;
};

[[nodiscard]] std::vector<SloResult> judge_all(const RunRecord& record,
                                               const std::vector<Slo>& slos,
                                               const SloFigures& figures = {});

// The first threshold with `abort` that is broken by the seconds known so far; nothing before its
// delay has passed since the start of the first phase, or while it has no data. `so_far` needs
// `seconds`, each of them complete, and `phases` as they are planned.
[[nodiscard]] std::optional<SloResult> broken_abort(const RunRecord& so_far,
                                                    const std::vector<Slo>& slos);

}  // namespace cqrs
