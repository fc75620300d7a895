// An answer that lies there whole is read by a short path, one that arrives in pieces by the
// general parser: both must see the same.
#include "cli/load/response_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs::load {
namespace {

std::string described(ResponseParser::Step step, const ResponseParser& parser,
                      std::size_t consumed) {
  if (step == ResponseParser::Step::kNeedMore) return "more";
  if (step == ResponseParser::Step::kMalformed) return "malformed";
  const ResponseView& view = parser.response();
  return std::to_string(view.status) + "|" + std::string(view.body) + "|" +
         std::string(view.content_type) + "|" + std::string(view.etag) +
         (view.replayed ? "|replayed" : "") + (view.keep_alive ? "" : "|last") + "|" +
         std::to_string(consumed);
}

std::string whole(const std::string& bytes) {
  ResponseParser parser;
  std::size_t consumed = 0;
  const auto step = parser.feed(bytes, false, consumed);
  return described(step, parser, consumed);
}

// One byte more each time, as a slow connection would show it.
std::string in_pieces(const std::string& bytes) {
  ResponseParser parser;
  std::string held;
  std::size_t consumed_in_all = 0;
  auto step = ResponseParser::Step::kNeedMore;
  for (const char byte : bytes) {
    held += byte;
    std::size_t consumed = 0;
    step = parser.feed(held, false, consumed);
    consumed_in_all += consumed;
    if (step != ResponseParser::Step::kNeedMore) break;
    held.erase(0, consumed);
  }
  return described(step, parser, consumed_in_all);
}

TEST(ResponseParser, AWholeAnswerAndItsPiecesAreReadAlike) {
  const std::pair<std::string, std::string> cases[] = {
      {"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nETag: \"7\"\r\n"
       "Idempotent-Replayed: true\r\nContent-Length: 2\r\n\r\n{}",
       "201|{}|application/json|7|replayed"},
      {"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", "200|||"},
      {"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: \t3 \r\nX-Other: a: b\r\n\r\nabc", "200|abc||"},
      {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "200|x||"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "200|x|||last"},
      {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1\r\n\r\nx", "503|x||"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204|||"},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "304|||"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200|x||"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
       "200|abcde||"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", "more"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "malformed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab", "malformed"},
      {"HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\na", "malformed"},
      {"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 1\r\n\r\na", "malformed"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed"},
  };
  for (const auto& [bytes, expected] : cases) {
    const bool complete = expected.find('|') != std::string::npos;
    const std::string all = complete ? expected + "|" + std::to_string(bytes.size()) : expected;
    EXPECT_EQ(whole(bytes), all) << bytes;
    EXPECT_EQ(in_pieces(bytes), all) << bytes;
  }
}

TEST(ResponseParser, WhatFollowsAnAnswerIsLeft) {
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  EXPECT_EQ(whole(one + one), "200|x|||" + std::to_string(one.size()));
  EXPECT_EQ(whole(one + "HTTP"), "200|x|||" + std::to_string(one.size()));
}

TEST(ResponseParser, TheAnswerToAHeadRequestHasNoBody) {
  ResponseParser parser;
  std::size_t consumed = 0;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  ASSERT_EQ(parser.feed(head, true, consumed), ResponseParser::Step::kComplete);
  EXPECT_EQ(consumed, head.size());
  EXPECT_EQ(parser.response().body, "");
}

}  // namespace
}  // namespace cqrs::load
