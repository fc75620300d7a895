// The parser fed with every possible cut: what is understood must not depend on packet borders.
#include "services/chassis/request_parser.h"

#include <gtest/gtest.h>

namespace cqrs::http {
namespace {

using Step = RequestParser::Step;

// Feeds `bytes` in two pieces and returns the one message, or the status of the refusal.
std::string understand(std::string_view bytes, std::size_t cut) {
  const Router router;
  RequestParser parser(router, 1024);
  std::size_t done = 0;
  for (const std::size_t end : {cut, bytes.size()}) {
    std::size_t consumed = 0;
    const Step step = parser.feed(bytes.substr(done, end - done), consumed);
    done += consumed;
    if (step == Step::kRefused) return std::to_string(parser.refusal().status);
    if (step == Step::kNeedMore) continue;
    const RequestParser::Message message = parser.take();
    return message.request.path + "?" + message.request.query + "#" + message.request.body;
  }
  return "incomplete";
}

void expect_at_every_cut(const std::string& bytes, const std::string& expected) {
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_EQ(understand(bytes, cut), expected) << "cut at " << cut << " of " << bytes;
  }
}

TEST(RequestParser, LengthDelimitedRequestsSurviveEveryCut) {
  expect_at_every_cut("GET /a%20b?q=1 HTTP/1.1\r\nHost: t\r\n\r\n", "/a b?q=1#");
  expect_at_every_cut("\r\nPOST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nxyz", "/a?#xyz");
  expect_at_every_cut("GET http://t:80/a?b HTTP/1.1\r\nHost: t\r\n\r\n", "/a?b#");
}

TEST(RequestParser, ChunkedRequestsSurviveEveryCut) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_at_every_cut(head + "3\r\nxyz\r\n1;e=\"f\"\r\nq\r\n0\r\nT: u\r\n\r\n", "/a?#xyzq");
  // An empty body cut inside its last chunk once ran into an assertion of the library.
  expect_at_every_cut(head + "0\r\n\r\n", "/a?#");
}

TEST(RequestParser, RefusalsSurviveEveryCut) {
  expect_at_every_cut("GET /a HTTP/1.1\r\nHost: t\r\nBad Name: x\r\n\r\n", "400");
  expect_at_every_cut("GET /a HTTP/3.0\r\nHost: t\r\n\r\n", "505");
  expect_at_every_cut(
      "POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400");
}

TEST(RequestParser, MadeRequestIdsDiffer) {
  EXPECT_NE(choose_request_id(""), choose_request_id(""));
  EXPECT_EQ(choose_request_id("given-1"), "given-1");
  EXPECT_EQ(choose_request_id(std::string(129, 'a')).size(), 16U);
}

}  // namespace
}  // namespace cqrs::http
