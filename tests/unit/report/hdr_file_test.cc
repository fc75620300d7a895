// The golden text and distribution were made by the Java library
// org.hdrhistogram:HdrHistogram 2.2.2.
#include "cli/report/hdr_file.h"

#include "cli/report/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cqrs {
namespace {

constexpr std::string_view kJavaText =  // 1, 2 twice, 2047, 2048, 2049, 5000, 123456 and 1 h
    "HISTFAAAADF42pNpmSzMwMAgyAABzFCaEURcm7yEwf4DVISJ5bs8E8tBYabTXkyX3zAyAQDGhAlp";

constexpr std::string_view kJavaDistribution =
    R"(       Value     Percentile TotalCount 1/(1-Percentile)

       0.001 0.000000000000          1           1.00
       0.001 0.100000000000          1           1.11
       0.002 0.200000000000          3           1.25
       0.002 0.300000000000          3           1.43
       2.047 0.400000000000          4           1.67
       2.047 0.500000000000          4           2.00
       2.049 0.550000000000          6           2.22
       2.049 0.600000000000          6           2.50
       2.049 0.650000000000          6           2.86
       2.049 0.700000000000          6           3.33
       2.049 0.750000000000          6           4.00
       5.003 0.775000000000          7           4.44
       5.003 0.800000000000          7           5.00
       5.003 0.825000000000          7           5.71
       5.003 0.850000000000          7           6.67
       5.003 0.875000000000          7           8.00
     123.519 0.887500000000          8           8.89
     123.519 1.000000000000          8
#[Mean    =       16.830, StdDeviation   =       40.344]
#[Max     =      123.519, Total count    =            8]
#[Buckets =           22, SubBuckets     =         2048]
)";

Histogram few() {
  Histogram histogram;
  for (const std::int64_t value : {1, 2, 2, 2'047, 2'048, 2'049, 5'000, 123'456}) {
    histogram.record(value);
  }
  return histogram;
}

TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("f"), "Zg==");
  EXPECT_EQ(base64_of("fo"), "Zm8=");
  EXPECT_EQ(base64_of("foobar"), "Zm9vYmFy");
  EXPECT_EQ(bytes_of_base64("Zm9vYg=="), "foob");
  EXPECT_FALSE(bytes_of_base64("Zm9"));
  EXPECT_FALSE(bytes_of_base64("Zm9*"));
}

TEST(Base64, AnyBytesAreTheSameAgain) {
  EXPECT_TRUE(rc::check(
      [](const std::string& bytes) { RC_ASSERT(bytes_of_base64(base64_of(bytes)) == bytes); }));
}

TEST(HdrFile, WhatTheJavaLibraryWroteIsRead) {
  const auto read = histogram_of_hdr_text(kJavaText);
  ASSERT_TRUE(read) << read.error().message;
  Histogram expected = few();
  expected.record(Histogram::kHighest);
  EXPECT_EQ(encode_hdr(*read), encode_hdr(expected));
}

TEST(HdrFile, TheTextIsReadAgain) {
  const auto read = histogram_of_hdr_text(hdr_text(few()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode_hdr(*read), encode_hdr(few()));
  EXPECT_EQ(hdr_text(few()).substr(0, 7), "HISTFAA");
}

TEST(HdrFile, TheDistributionIsThatOfTheJavaLibrary) {
  // Theirs knows the ends of buckets only, as one that was stored does.
  EXPECT_EQ(hgrm_of(*decode_hdr(encode_hdr(few()))), kJavaDistribution);
}

TEST(HdrFile, WithoutSamplesTheDistributionHasNoLines) {
  EXPECT_NE(hgrm_of(Histogram()).find("Total count    =            0"), std::string::npos);
}

TEST(HdrFile, WhatIsNoHistogramIsNamed) {
  const auto reason = [](std::string_view text) {
    const auto read = histogram_of_hdr_text(text);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_NE(reason("###").find("Base64"), std::string::npos);
  EXPECT_NE(reason("AAAAAAAAAAAA").find("cookie"), std::string::npos);
  const std::string cut(kJavaText.substr(0, 40));
  EXPECT_NE(reason(cut).find("deflated"), std::string::npos);
}

TEST(HdrFile, LogsNameTheirStartAndTags) {
  const std::string log = hlog_of(1'441'812'279.474, {{"commands", 1, 2, "HIST", 5'500}});
  EXPECT_NE(log.find("#[StartTime: 1441812279.474 (seconds since epoch)]\n"), std::string::npos);
  EXPECT_NE(log.find("\nTag=commands,1.000,2.000,5.500,HIST\n"), std::string::npos);
}

}  // namespace
}  // namespace cqrs
