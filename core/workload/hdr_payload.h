// The HdrHistogram V2 payload: how the usual HdrHistogram libraries store a histogram before they
// compress it. Big-endian header of 40 bytes, then the counts as ZigZag LEB128 numbers, runs of
// empty buckets as one negative number. Compression and text are in cli/report/hdr_file.h.
#pragma once

#include "core/base/result.h"
#include "core/workload/histogram.h"

#include <string>
#include <string_view>

namespace cqrs {

// With the layout of Histogram (1 us to 1 h), and so many significant digits: 3 keeps every bucket,
// 2 makes an eighth of them (within 1 %), for what is stored once per second.
enum class HdrDigits : std::uint8_t { kTwo = 2, kThree = 3 };
[[nodiscard]] std::string encode_hdr(const Histogram& histogram,
                                     HdrDigits digits = HdrDigits::kThree);

// Of any layout with 1 to 5 significant digits. What an exact histogram knows besides (smallest,
// largest, sum) is then that of the buckets, see Histogram::of. Error: corrupt (says which part).
[[nodiscard]] Result<Histogram> decode_hdr(std::string_view payload);

}  // namespace cqrs
