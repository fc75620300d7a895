#include "cli/report/report.h"

#include <gtest/gtest.h>

namespace cqrs {
namespace {

Report a_report() {
  Report report;
  report.title = "demo";
  report.verdict = "fail";
  report.headline = "1 < 2 & \"so\"";
  report.command_line = "cqrsctl demo <script>";
  report.checks = {{"nothing lost", true, "0 of 3", 0.5},
                   {"order | kept", false, "a\x01<b>", 0.25}};
  report.sections = {{"Seed", {{"rate", "<fast>"}}, {"kind"}, {{"lost & found"}}}};
  return report;
}

TEST(Report, HtmlEscapesWhateverItIsGiven) {
  const std::string html = html_of(a_report());
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_NE(html.find("1 &lt; 2 &amp; &quot;so&quot;"), std::string::npos);
  EXPECT_NE(html.find("&lt;fast&gt;"), std::string::npos);
  EXPECT_NE(html.find("lost &amp; found"), std::string::npos);
}

TEST(Report, HtmlNeedsNoNetwork) {
  const std::string html = html_of(a_report());
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
}

TEST(Report, JunitCountsFailuresAndHoldsNoControlCharacters) {
  const std::string xml = junit_of(a_report());
  EXPECT_NE(xml.find("tests=\"2\" failures=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("<failure message=\"a?&lt;b&gt;\"/>"), std::string::npos);
}

TEST(Report, MarkdownTablesKeepTheirColumns) {
  EXPECT_NE(markdown_of(a_report()).find("order \\| kept | **failed**"), std::string::npos);
}

TEST(Report, JsonNamesItsSchemaAndVerdict) {
  const Json json = json_of(a_report());
  EXPECT_EQ(json.at("schema"), "cqrsctl.report/1");
  EXPECT_EQ(json.at("verdict"), "fail");
  EXPECT_EQ(json.at("checks").size(), 2U);
}

}  // namespace
}  // namespace cqrs
