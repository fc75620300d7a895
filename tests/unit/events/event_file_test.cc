// Files of exported events: what a reader accepts, and what it notices.
#include "core/events/event_file.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

std::vector<Event> some_events() {
  Event late = an_event(2, user_key(1), 2, user_renamed("Grace \"\xC3\xA9\" \\ Hopper\n"));
  late.traceparent.clear();
  return {an_event(1, user_key(1), 1, user_created(1)), late};
}

std::vector<std::string> lines_of(const std::vector<Event>& events) {
  EventFileWriter writer;
  std::string text;
  for (const auto& event : events) writer.append(text, event);
  writer.finish(text);
  std::istringstream whole(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(whole, line);) lines.push_back(line);
  return lines;
}

// The error of the first line that is not accepted; ok when all are.
Status read_all(const std::vector<std::string>& lines, std::vector<Event>* events = nullptr) {
  EventFileReader reader;
  for (const auto& line : lines) {
    Event event;
    auto taken = reader.take(line, event);
    if (!taken) return taken.error();
    if (*taken && events != nullptr) events->push_back(event);
  }
  return reader.complete() ? Status() : Status(invalid("", "no last line"));
}

TEST(EventFile, EventsComeBackAsTheyWere) {
  std::vector<Event> events;
  ASSERT_THAT(read_all(lines_of(some_events()), &events), is_ok());
  EXPECT_EQ(events, some_events());
}

TEST(EventFile, NoEventsAreAWholeFileToo) { EXPECT_THAT(read_all(lines_of({})), is_ok()); }

TEST(EventFile, TheSumIsThatOfTheLinesBeforeIt) {
  const auto lines = lines_of(some_events());
  const std::string hash = to_hex(sha256(lines[0] + "\n" + lines[1] + "\n"));
  EXPECT_EQ(lines[2], R"({"cqrsexport":1,"events":2,"from":1,"to":2,"sha256":")" + hash + "\"}");
}

TEST(EventFile, AMissingAChangedAndAnAdditionalLineAreNoticed) {
  auto lines = lines_of(some_events());
  EXPECT_THAT(read_all({lines[0], lines[2]}), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(read_all({lines[1], lines[0], lines[2]}), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(read_all({lines[0], lines[1], lines[2], lines[0]}), fails_with(ErrorCode::kInvalid));
  EXPECT_THAT(read_all({lines[0], lines[1]}), fails_with(ErrorCode::kInvalid));
}

TEST(EventFile, AnAttributeThatWouldGetLostIsNamed) {
  auto lines = lines_of(some_events());
  lines[0].insert(1, R"("colour":"red",)");
  const auto status = read_all(lines);
  ASSERT_THAT(status, fails_with(ErrorCode::kInvalid));
  EXPECT_EQ(status.error().field, "colour");
}

TEST(EventFile, AttributesThatDisagreeAreNamed) {
  auto lines = lines_of(some_events());
  const std::string source = "\"source\":\"/cqrs/user\"";
  lines[0].replace(lines[0].find(source), source.size(), "\"source\":\"/cqrs/order\"");
  const auto status = read_all(lines);
  ASSERT_THAT(status, fails_with(ErrorCode::kInvalid));
  EXPECT_EQ(status.error().field, "source");
}

TEST(EventFile, ANewerFormatIsRefused) {
  const auto status = read_all({R"({"cqrsexport":2,"events":0,"from":0,"to":0,"sha256":""})"});
  ASSERT_THAT(status, fails_with(ErrorCode::kInvalid));
  EXPECT_NE(status.error().message.find("knows only 1"), std::string::npos);
}

}  // namespace
}  // namespace cqrs
