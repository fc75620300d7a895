// The few figures of a run that every form of its report shows, as text and as numbers.
#pragma once

#include "cli/report/run_record.h"

#include <string>
#include <vector>

namespace cqrs {

// "499.8/s achieved of 500.0/s intended, 99.96 %"; of a closed model, which intends nothing: the
// rate alone.
[[nodiscard]] std::string rate_line(const RunRecord& record);
// Two digits, never rounded up to a promise that was not kept.
[[nodiscard]] std::string share_text(double share);
// With a decimal where it tells something: 499.8/s, 12,345/s.
[[nodiscard]] std::string exact_rate_text(double per_second);
// What is said at the head of every report of a closed model; empty: open.
[[nodiscard]] std::string model_notice(const RunRecord& record);
// "shard 1 of 3"; empty when there is one only.
[[nodiscard]] std::string shard_text(const RunRecord& record);

[[nodiscard]] std::uint64_t errors_of(const RunRecord& record);  // rejected and indeterminate
[[nodiscard]] double error_share(const RunRecord& record);       // of what was sent
[[nodiscard]] std::string errors_text(const RunRecord& record);
[[nodiscard]] std::string lost_text(const RunRecord& record);
[[nodiscard]] std::string visible_text(const RunRecord& record);
[[nodiscard]] double client_cpu_us(const RunRecord& record);  // per operation sent
[[nodiscard]] double system_cpu_us(const RunRecord& record);  // per operation sent
[[nodiscard]] double entities_per_s(const RunRecord& record);
// "120 ms": what was observed, as a threshold tells it.
[[nodiscard]] std::string observed_text(const SloResult& result);

// The distributions of a run with samples, in the order in which they are shown.
struct NamedHistogram {
  std::string name;   // "commands"
  std::string about;  // "from the scheduled start to the answer"
  const Histogram* histogram = nullptr;
};
[[nodiscard]] std::vector<NamedHistogram> distributions_of(const RunRecord& record);
// The parts of staleness in the order in which they happen.
[[nodiscard]] std::vector<NamedHistogram> hops_of(const RunRecord& record);

}  // namespace cqrs
