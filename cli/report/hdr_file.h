// Files of the usual HdrHistogram tools: the compressed payload as text, the interval log (.hlog),
// and the percentile distribution (.hgrm) that the HdrHistogram plotter draws.
#pragma once

#include "core/workload/hdr_payload.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// "HISTFAAA…": Base64 of the V2 payload, deflated.
[[nodiscard]] std::string hdr_text(const Histogram& histogram,
                                   HdrDigits digits = HdrDigits::kThree);
// Error: corrupt (no Base64, not deflated, not a payload).
[[nodiscard]] Result<Histogram> histogram_of_hdr_text(std::string_view text);

// The percentile distribution in milliseconds, five lines per half distance to 100 %.
[[nodiscard]] std::string hgrm_of(const Histogram& histogram);

struct HdrInterval {
  std::string tag;       // without comma, blank and line break
  double from = 0;       // seconds since the start
  double length = 0;     // seconds
  std::string text;      // hdr_text
  std::int64_t max = 0;  // us
};
// Log format 1.3. `started`: seconds since 1970.
[[nodiscard]] std::string hlog_of(double started, const std::vector<HdrInterval>& intervals);

}  // namespace cqrs
