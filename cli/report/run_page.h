// The sections of a run's report.html. Each is empty when there is nothing to show.
#pragma once

#include "cli/report/run_record.h"

#include <string>

namespace cqrs {

[[nodiscard]] std::string tiles_of(const RunRecord& record);
[[nodiscard]] std::string thresholds_section(const RunRecord& record);
[[nodiscard]] std::string timeline_section(const RunRecord& record);
[[nodiscard]] std::string spectrum_section(const RunRecord& record);
[[nodiscard]] std::string hops_section(const RunRecord& record);
[[nodiscard]] std::string operations_section(const RunRecord& record);
[[nodiscard]] std::string faults_section(const RunRecord& record);
[[nodiscard]] std::string mismatches_section(const RunRecord& record);
[[nodiscard]] std::string repeat_section(const RunRecord& record);

}  // namespace cqrs
