#include "cli/report/hdr_file.h"

#include "cli/report/base64.h"

#include <zlib.h>

#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace cqrs {
namespace {

// Version 2, deflated, with numbers of variable length; big-endian, then the size as 4 bytes.
constexpr std::string_view kCookie("\x1c\x84\x93\x14", 4);
// Far more than a histogram of any layout can have; a text that swells beyond it is none.
constexpr std::size_t kPayloadMax = 16 << 20;
constexpr int kLinesPerHalf = 5;

std::string deflated(std::string_view bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string out(size, '\0');
  // Fails only without memory or room, of which there is enough.
  CQRS_CHECK(::compress(reinterpret_cast<Bytef*>(out.data()), &size,
                        reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) == Z_OK);
  out.resize(size);
  return out;
}

Error broken(const std::string& what) {
  return make_error(ErrorCode::kCorrupt, "HdrHistogram text: " + what);
}

Result<std::string> inflated(std::string_view bytes) {
  for (std::size_t room = 64 << 10; room <= kPayloadMax; room *= 4) {
    std::string out(room, '\0');
    uLongf size = room;
    const int code = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                  reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (code == Z_BUF_ERROR && size == room) continue;
    if (code != Z_OK) break;
    out.resize(size);
    return out;
  }
  return broken("the payload is not deflated as it should be");
}

[[gnu::format(printf, 2, 3)]] void append(std::string& out, const char* format, ...) {
  std::array<char, 160> line{};
  va_list values;
  va_start(values, format);
  const int size = std::vsnprintf(line.data(), line.size(), format, values);
  va_end(values);
  out.append(line.data(), static_cast<std::size_t>(size));
}

double millis(std::int64_t micros) { return static_cast<double>(micros) / 1e3; }

// HdrHistogram's own steps: of the way that is left to 100 %, a fifth of each half.
double next_level(double level) {
  const double halvings = std::floor(std::log2(100 / (100 - level))) + 1;
  return level + 100 / (kLinesPerHalf * std::exp2(halvings));
}

}  // namespace

std::string hdr_text(const Histogram& histogram, HdrDigits digits) {
  const std::string payload = deflated(encode_hdr(histogram, digits));
  std::string bytes(kCookie);
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(payload.size() >> shift & 0xff);
  }
  return base64_of(bytes + payload);
}

Result<Histogram> histogram_of_hdr_text(std::string_view text) {
  const auto bytes = bytes_of_base64(text);
  if (!bytes) return broken("not Base64");
  // The lower half of the last byte tells the version, the upper half how numbers are written.
  if (bytes->size() < 8 || bytes->compare(0, 3, kCookie, 0, 3) != 0 || ((*bytes)[3] & 0x0f) != 4) {
    return broken("not of version 2 (the cookie)");
  }
  const auto payload = inflated(std::string_view(*bytes).substr(8));
  if (!payload) return payload.error();
  return decode_hdr(*payload);
}

std::string hgrm_of(const Histogram& histogram) {
  std::string out;
  append(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const auto total = static_cast<double>(histogram.count());
  double level = 0;
  std::uint64_t seen = 0;
  std::int64_t last = 0;
  histogram.for_each_bucket([&](const Histogram::Bucket& bucket) {
    seen += bucket.count;
    last = std::min(bucket.high, histogram.max());
    while (level < 100 && 100 * static_cast<double>(seen) / total >= level) {
      append(out, "%12.3f %2.12f %10llu %14.2f\n", millis(last), level / 100,
             static_cast<unsigned long long>(seen), 1 / (1 - level / 100));
      level = next_level(level);
      // Of the last bucket one line, then the end.
      if (seen == histogram.count()) break;
    }
  });
  if (histogram.count() > 0) {
    append(out, "%12.3f %2.12f %10llu\n", millis(last), 1.0, static_cast<unsigned long long>(seen));
  }
  append(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", histogram.mean() / 1e3,
         histogram.standard_deviation() / 1e3);
  append(out, "#[Max     = %12.3f, Total count    = %12llu]\n", millis(histogram.max()),
         static_cast<unsigned long long>(histogram.count()));
  append(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", 22, 2048);
  return out;
}

std::string hlog_of(double started, const std::vector<HdrInterval>& intervals) {
  std::string out = "#[Histogram log format version 1.3]\n";
  append(out, "#[StartTime: %.3f (seconds since epoch)]\n", started);
  out +=
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  for (const auto& interval : intervals) {
    if (!interval.tag.empty()) out += "Tag=" + interval.tag + ",";
    append(out, "%.3f,%.3f,%.3f,", interval.from, interval.length, millis(interval.max));
    out += interval.text + "\n";
  }
  return out;
}

}  // namespace cqrs
