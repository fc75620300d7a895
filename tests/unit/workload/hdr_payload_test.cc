// The golden payloads were made by the Java library org.hdrhistogram:HdrHistogram 2.2.2
// (encodeIntoByteBuffer), so that ours are what the usual tools read. The Python library
// hdrhistogram 0.10.8 writes a single empty bucket in another way, which is read as well.
#include "core/workload/hdr_payload.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cqrs {
namespace {

constexpr std::string_view kFew =  // 1, 2 twice, 2047, 2048, 2049, 5000, 123456 and 1 h
    "1c849313000000110000000000000003000000000000000100000000d693a4003ff0000000000000"
    "000204f71f0204c11302cb4a02d3ec0102";
constexpr std::string_view kOther =  // lowest 1000, highest 60e9, 2 digits: 1500 to 30000000
    "1c8493130000000b000000000000000200000000000003e80000000df84758003ff0000000000000"
    "0302b10204ad0702dd0902";

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

Histogram few() {
  Histogram histogram;
  for (const std::int64_t value :
       {1L, 2L, 2L, 2'047L, 2'048L, 2'049L, 5'000L, 123'456L, 3'600'000'000L}) {
    histogram.record(value);
  }
  return histogram;
}

TEST(HdrPayload, IsByteForByteWhatTheLibraryWrites) {
  EXPECT_EQ(encode_hdr(few()), bytes_of(kFew));
}

TEST(HdrPayload, WhatTheLibraryWroteIsRead) {
  auto read = decode_hdr(bytes_of(kFew));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->refine(1, 3'600'000'000, few().sum()));
  EXPECT_EQ(*read, few());
}

TEST(HdrPayload, ASingleEmptyBucketMayBeARunOfOne) {
  std::string payload = bytes_of(kFew);
  payload[40] = 1;
  const auto read = decode_hdr(payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_hdr(*read), bytes_of(kFew));
}

// Buckets of 512 us and more: the percentiles are the library's own, within the width of ours.
TEST(HdrPayload, AnotherLayoutIsRead) {
  const auto read = decode_hdr(bytes_of(kOther));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->count(), 5U);
  EXPECT_NEAR(static_cast<double>(read->percentile(50)), 80'383, 80'383 * 0.01);
  EXPECT_NEAR(static_cast<double>(read->percentile(75)), 1'003'519, 1'003'519 * 0.01);
  EXPECT_NEAR(static_cast<double>(read->max()), 30'015'487, 30'015'487 * 0.01);
}

TEST(HdrPayload, NothingRecordedIsAHeaderAlone) {
  const std::string payload = encode_hdr(Histogram());
  EXPECT_EQ(payload.size(), 40U);
  const auto read = decode_hdr(payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Histogram());
}

TEST(HdrPayload, EveryHistogramIsTheSameAgain) {
  EXPECT_TRUE(rc::check([] {
    Histogram histogram;
    const auto values = *rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 5'000),
                       rc::gen::inRange<std::int64_t>(0, 4'000'000'000)));
    for (const auto value : values)
      histogram.record(value, 1 + static_cast<std::uint64_t>(value % 7) * 1'000'000'007);
    auto read = decode_hdr(encode_hdr(histogram));
    RC_ASSERT(read.ok());
    RC_ASSERT(read->refine(histogram.min(), histogram.max(), histogram.sum()));
    RC_ASSERT(*read == histogram);
  }));
}

TEST(HdrPayload, WithTwoDigitsPercentilesAreWithinOnePercent) {
  Histogram histogram;
  for (std::int64_t i = 1; i <= 2'000; ++i) histogram.record(i * i);
  const std::string payload = encode_hdr(histogram, HdrDigits::kTwo);
  EXPECT_LT(payload.size(), encode_hdr(histogram).size() / 2);
  const auto read = decode_hdr(payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->count(), 2'000U);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 100.0}) {
    const auto truth = static_cast<double>(histogram.percentile(percent));
    EXPECT_NEAR(static_cast<double>(read->percentile(percent)), truth, truth * 0.01) << percent;
  }
  // Once coarse it stays as it is, however often it is stored.
  EXPECT_EQ(encode_hdr(*read, HdrDigits::kTwo), payload);
}

TEST(HdrPayload, WhatIsDamagedIsNamed) {
  const std::string whole = bytes_of(kFew);
  const auto reason = [](const std::string& payload) {
    const auto read = decode_hdr(payload);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_NE(reason(whole.substr(0, 20)).find("header"), std::string::npos);
  EXPECT_NE(reason(whole.substr(0, 50)).find("length"), std::string::npos);
  std::string other = whole;
  other[0] = 'x';
  EXPECT_NE(reason(other).find("cookie"), std::string::npos);
  std::string half = whole;
  half.back() = '\x80';  // the first byte of a longer number
  EXPECT_NE(reason(half).find("within a number"), std::string::npos);
}

// Whatever bytes follow a header: an answer or an error, nothing else.
TEST(HdrPayload, NoBytesBringItDown) {
  rc::check([] {
    const auto tail = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    std::string payload = bytes_of(kFew).substr(0, 40) + tail;
    payload[7] = static_cast<char>(tail.size());
    payload[6] = static_cast<char>(tail.size() >> 8);
    const auto read = decode_hdr(payload);
    if (!read) RC_ASSERT(read.error().code == ErrorCode::kCorrupt);
  });
}

}  // namespace
}  // namespace cqrs
