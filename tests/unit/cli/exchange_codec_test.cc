// What only odd requests and broken answers show of the messages of the hop; that usual ones are
// understood by the roles' own server is what the tests of the gRPC client show.
#include "cli/load/exchange_codec.h"

#include <gtest/gtest.h>

namespace cqrs::load {
namespace {

std::string call_of(std::string_view http) {
  std::string batch;
  return append_call(batch, 1, http, 5) ? batch : "refused";
}

TEST(ExchangeCodec, PathsAreDecodedAndQueriesAreNot) {
  const std::string call = call_of("GET /v1/users/a%20b%2f?q=a%20b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(call.find("/v1/users/a b/"), std::string::npos);
  EXPECT_NE(call.find("q=a%20b"), std::string::npos);
  EXPECT_NE(call_of("GET /%zz% HTTP/1.1\r\n\r\n").find("/%zz%"), std::string::npos);
}

TEST(ExchangeCodec, HeadersAreFoundInAnyCaseAndOthersLeftOut) {
  const std::string call =
      call_of("POST /x HTTP/1.1\r\nIDEMPOTENCY-KEY:  k1\r\nCookie: secret\r\n\r\nbody");
  EXPECT_NE(call.find("k1"), std::string::npos);
  EXPECT_NE(call.find("body"), std::string::npos);
  EXPECT_EQ(call.find("secret"), std::string::npos);
}

TEST(ExchangeCodec, WhatIsNoRequestIsRefused) {
  for (const char* const bad : {"", "GET / HTTP/1.1", "GET\r\n\r\n", "GET  HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(call_of(bad), "refused") << bad;
  }
}

TEST(ExchangeCodec, ATruncatedAnswerIsNotUnderstood) {
  // One answer: id 7, status 200, body "ok"; then the state 1. Field 9 is not known and passed
  // over.
  const std::string batch("\x0a\x0b\x08\x07\x10\xc8\x01\x22\x02ok\x48\x05\x10\x01", 15);
  std::string seen;
  const auto note = [&](const ExchangeAnswer& answer) {
    seen = std::to_string(answer.id) + " " + std::to_string(answer.status) + " " +
           std::string(answer.body) + " " + std::string(answer.content_type);
  };
  ServerState state = ServerState::kUnchanged;
  ASSERT_TRUE(read_answers(batch, note, state));
  EXPECT_EQ(seen, "7 200 ok application/json");
  EXPECT_EQ(state, ServerState::kServing);
  for (const std::size_t size : {1U, 2U, 3U, 5U, 9U, 12U, 14U}) {
    EXPECT_FALSE(read_answers(batch.substr(0, size), note, state)) << size;
  }
}

}  // namespace
}  // namespace cqrs::load
