// Times as text, whichever was rendered before.
#include "core/base/clock.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

TEST(Clock, TimesAreRenderedInUtcWithMicroseconds) {
  EXPECT_EQ(to_string(Timestamp{0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(Timestamp{1'800'000'000'123'456}), "2027-01-15T08:00:00.123456Z");
  EXPECT_EQ(to_string(Timestamp{1'800'000'000'000'007}), "2027-01-15T08:00:00.000007Z");
  EXPECT_EQ(to_string(Timestamp{1'800'000'001'000'000}), "2027-01-15T08:00:01.000000Z");
  EXPECT_EQ(to_string(Timestamp{1'800'000'000'900'000}), "2027-01-15T08:00:00.900000Z");
}

TEST(Clock, TimesBefore1970AreRenderedToo) {
  EXPECT_EQ(to_string(Timestamp{-1}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_string(Timestamp{-1'000'000}), "1969-12-31T23:59:59.000000Z");
}

TEST(Clock, ATimeIsAppendedToWhatIsThere) {
  std::string out = "at ";
  append_time(out, Timestamp{0});
  EXPECT_EQ(out, "at 1970-01-01T00:00:00.000000Z");
}

}  // namespace
}  // namespace cqrs
