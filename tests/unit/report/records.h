// Invented runs for the tests of reports: numbers as they come out of real ones, the same every
// time.
#pragma once

#include "cli/report/run_record.h"

namespace cqrs::testing {

[[nodiscard]] RunRecord passing_run();  // open model, three phases, 90 s, everything fine
[[nodiscard]] RunRecord failing_run();  // faults, errors, a lost write, a broken threshold
[[nodiscard]] RunRecord closed_run();   // closed model, few figures known
[[nodiscard]] RunRecord tiny_run();     // 3 s
[[nodiscard]] RunRecord long_run();     // 3 h
[[nodiscard]] RunRecord empty_run();    // ended before anything was sent

}  // namespace cqrs::testing
