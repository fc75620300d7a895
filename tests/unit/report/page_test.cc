// The page of a run: complete, well-formed, and without anything from elsewhere.
#include "cli/report/page.h"

#include "cli/report/run_record.h"

#include "tests/unit/report/records.h"

#include <gtest/gtest.h>

#include <set>

namespace cqrs {
namespace {

// Empty when every element is closed by its own end, in order; else what is wrong. Scripts and
// styles are text.
std::string unbalanced(const std::string& html) {
  const std::set<std::string> kVoid{"meta", "br", "wbr", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag without end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n/", 1) - (tag[0] == '/' ? 1 : 0));
    at = end + 1;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name) return "</" + name + "> closes another";
      open.pop_back();
    } else if (tag.back() != '/' && !kVoid.contains(name)) {
      open.push_back(name);
      if (name == "script" || name == "style") at = html.find("</" + name, at);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

TEST(RunPage, IsWellFormedWhateverThereIsToShow) {
  EXPECT_EQ(unbalanced(html_of(testing::passing_run())), "");
  EXPECT_EQ(unbalanced(html_of(testing::failing_run())), "");
  EXPECT_EQ(unbalanced(html_of(testing::closed_run())), "");
  EXPECT_EQ(unbalanced(html_of(testing::tiny_run())), "");
  EXPECT_EQ(unbalanced(html_of(testing::empty_run())), "");
  EXPECT_EQ(unbalanced("<p><b></p></b>"), "</p> closes another");
}

TEST(RunPage, NeedsNoNetwork) {
  RunRecord record = testing::failing_run();
  record.target = "";
  const std::string html = html_of(record);
  for (const char* word : {"http://", "https://", "src=", "href=", "@import", "url("}) {
    EXPECT_EQ(html.find(word), std::string::npos) << word;
  }
}

TEST(RunPage, EscapesWhateverItIsGiven) {
  RunRecord record = testing::failing_run();
  record.title = record.headline = record.command_line = "<img>";
  record.faults[0].what = record.phases[0].name = "<img>";
  record.operations[0].name = "<img>";
  record.operations[0].failures["<img>"] = 1;
  record.slos[0].slo.text = "<img>";
  record.scenario["x"] = "<img>";
  record.mismatches[0]["id"] = "<img>";
  record.hops["<img>"].record(5);
  record.caveats = {"<img>"};
  EXPECT_EQ(html_of(record).find("<img>"), std::string::npos);
  EXPECT_EQ(junit_of(record).find("<img>"), std::string::npos);
}

TEST(RunPage, TheVerdictComesBeforeEverythingElse) {
  const std::string html = html_of(testing::failing_run());
  const auto verdict = html.find("<span class=\"verdict fail\">fail</span>");
  ASSERT_NE(verdict, std::string::npos);
  EXPECT_LT(verdict, html.find("1 acknowledged order was lost"));
  EXPECT_LT(html.find("1 acknowledged order was lost"), html.find("<section>"));
}

TEST(RunPage, AClosedModelIsSaidAtTheHead) {
  const std::string html = html_of(testing::closed_run());
  const auto notice = html.find("Closed model: ");
  ASSERT_NE(notice, std::string::npos);
  EXPECT_LT(notice, html.find("class=\"tiles\""));
  EXPECT_EQ(html_of(testing::passing_run()).find("Closed model: "), std::string::npos);
}

TEST(RunPage, WhatWasNotMeasuredIsLeftOut) {
  const std::string html = html_of(testing::closed_run());
  EXPECT_NE(html.find("<b>Latency</b>"), std::string::npos);
  for (const char* title : {"<b>Staleness</b>", "<b>Projection lag</b>", "<h2>Faults</h2>",
                            "Where the time until visible goes"}) {
    EXPECT_EQ(html.find(title), std::string::npos) << title;
  }
}

TEST(RunPage, FaultsAreNumberedAndDrawn) {
  const std::string html = html_of(testing::failing_run());
  EXPECT_NE(html.find("freeze broker"), std::string::npos);
  EXPECT_NE(html.find("<rect class=\"fault\""), std::string::npos);
  EXPECT_NE(html.find("6.2 s later lag was 0"), std::string::npos);
}

// Three hours are 10,800 points per line; the page must stay something that can be sent.
TEST(RunPage, ALongRunIsNoLongerThanTwiceAShortOne) {
  RunRecord record = testing::passing_run();
  const auto one = record.seconds;
  record.seconds.clear();
  for (int i = 0; i < 10'800; ++i) {
    record.seconds.push_back(one[static_cast<std::size_t>(i) % one.size()]);
    record.seconds.back().at = i;
  }
  const std::string html = html_of(record);
  EXPECT_LT(html.size(), 600'000U);
  EXPECT_EQ(unbalanced(html), "");
}

}  // namespace
}  // namespace cqrs
