#include "cli/load/seed_wire.h"

#include <gtest/gtest.h>

namespace cqrs::load {
namespace {

constexpr WorkloadShape kShape{42, 500, 400, 300};

// Head and body of a request; checks that Content-Length is that of the body.
std::pair<std::string, std::string> parts_of(const std::string& request) {
  const auto end = request.find("\r\n\r\n");
  EXPECT_NE(end, std::string::npos);
  const std::string head = request.substr(0, end);
  const std::string body = request.substr(end + 4);
  EXPECT_NE((head + "\r\n").find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"),
            std::string::npos)
      << head;
  return {head, body};
}

class SeedWireTest : public ::testing::Test {
 protected:
  Generator generator_{kShape};
  SeedWire wire_{{"127.0.0.1", 8080}, generator_};
};

TEST_F(SeedWireTest, ASingleCommandCarriesItsKeyAndBody) {
  std::string request = "left over";
  wire_.write_single(request, Kind::kProduct, 7);
  const auto [head, body] = parts_of(request);
  EXPECT_EQ(head.find("POST /v1/products HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"), 0U);
  EXPECT_NE(head.find("Idempotency-Key: " + generator_.idempotency_key(Kind::kProduct, 7)),
            std::string::npos);
  std::string expected;
  generator_.append_body(expected, Kind::kProduct, 7);
  EXPECT_EQ(body, expected);
}

// The idempotency scope and fingerprint of a batch line are those of the single command, so that a
// run may be resumed the other way.
TEST_F(SeedWireTest, ABatchHasALinePerCommandWithTheSameKeyAndBody) {
  wire_.begin_batch();
  wire_.add_to_batch(Kind::kUser, 3);
  wire_.add_to_batch(Kind::kOrder, 4);
  std::string request;
  wire_.write_batch(request);
  const auto [head, body] = parts_of(request);
  EXPECT_EQ(head.find("POST /v1/commands:batch HTTP/1.1\r\n"), 0U);
  std::string user;
  generator_.append_body(user, Kind::kUser, 3);
  std::string order;
  generator_.append_body(order, Kind::kOrder, 4);
  EXPECT_EQ(body, R"({"command":"create_user","idempotency_key":")" +
                      generator_.idempotency_key(Kind::kUser, 3) + R"(","data":)" + user + "}\n" +
                      R"({"command":"create_order","idempotency_key":")" +
                      generator_.idempotency_key(Kind::kOrder, 4) + R"(","data":)" + order + "}\n");
}

TEST(SeedAnswers, ALineOfABatchIsReadWithoutParsingIt) {
  const auto made = batch_answer(
      R"({"status":201,"id":"01a1fd55-b19b-7000-853b-1e0d7ca07e49","version":1,"position":50123})");
  EXPECT_TRUE(made.acknowledged());
  EXPECT_EQ(made.version, 1);
  EXPECT_EQ(made.position, 50'123);
  EXPECT_FALSE(made.replayed);
  const auto again = batch_answer(
      R"({"status":200,"id":"01a1fd55-b19b-7000-853b-1e0d7ca07e49","version":12,"position":7,)"
      R"("replayed":true})");
  EXPECT_EQ(again.version, 12);
  EXPECT_EQ(again.position, 7);
  EXPECT_TRUE(again.replayed);
}

TEST(SeedAnswers, ARefusedLineIsNeitherAcknowledgedNorRetried) {
  constexpr const char* kLine =
      R"({"status":409,"error":{"code":"already_exists","message":"taken","field":"email"}})";
  const auto refused = batch_answer(kLine);
  EXPECT_EQ(refused.status, 409);
  EXPECT_FALSE(refused.acknowledged());
  EXPECT_FALSE(refused.retryable());
  EXPECT_TRUE(says_already_exists(kLine));
}

TEST(SeedAnswers, ABusyServiceAndAMissingLineAreRetried) {
  EXPECT_TRUE(batch_answer(R"({"status":503,"error":{"code":"overloaded"}})").retryable());
  EXPECT_TRUE(batch_answer("").retryable());
  EXPECT_TRUE(batch_answer("gibberish").retryable());
  EXPECT_TRUE(CommandAnswer{}.retryable());
}

TEST(SeedAnswers, CutLinesNeverReadBeyondTheirEnd) {
  const std::string line =
      R"({"status":201,"id":"01a1fd55-b19b-7000-853b-1e0d7ca07e49","version":1,"position":5})";
  for (std::size_t size = 0; size < line.size(); ++size) {
    const std::string cut = line.substr(0, size);
    EXPECT_LE(batch_answer(cut).position, 5) << cut;
  }
}

}  // namespace
}  // namespace cqrs::load
