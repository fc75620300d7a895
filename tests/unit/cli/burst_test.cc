// Bursts against a real server: exactly what was asked for is sent, every answer is counted, and
// the no-op that ceilings are measured with is answered like the creation it stands for.
#include "cli/load/burst.h"

#include "services/chassis/bench_routes.h"
#include "services/command/answers.h"

#include "tests/unit/services/server_fixture.h"

#include <gtest/gtest.h>

namespace cqrs::load {
namespace {

class Burst : public http::HttpServerTest {
 protected:
  Burst() { add_bench_routes(router_); }

  [[nodiscard]] BurstOptions options() const {
    BurstOptions options;
    options.endpoint = {"127.0.0.1", port()};
    options.connections = 3;
    options.depth = 16;
    return options;
  }
  [[nodiscard]] Result<BurstResult> send(const BurstOptions& options, std::string_view path) {
    CreateRequests requests(options.endpoint);
    return run_burst(
        options,
        [&](std::uint64_t index, std::string& bytes) {
          requests.write(bytes, generator_, kAllKinds.at(index % 3), index % 10, path);
        },
        stop_);
  }

  Generator generator_{{42, 10, 10, 10}};
  std::atomic<bool> stop_{false};
};

TEST_F(Burst, SendsAsManyAsAskedForAndCountsEveryAnswer) {
  start();
  BurstOptions burst = options();
  burst.count = 1'001;
  const auto result = send(burst, "/v1/noop");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->acknowledged, 1'001U);
  EXPECT_EQ(result->refused, 0U);
  EXPECT_EQ(result->last_position, 123'456);
  EXPECT_GT(result->per_second(), 0);
  EXPECT_EQ(server_->counters().requests, 1'001U);
}

TEST_F(Burst, EndsWhenItsTimeIsUp) {
  start();
  BurstOptions burst = options();
  burst.duration = std::chrono::milliseconds(50);
  const auto result = send(burst, "/v1/noop");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_GT(result->acknowledged, 0U);
  EXPECT_EQ(result->acknowledged, server_->counters().requests);
  EXPECT_LT(result->seconds, 30) << "it went on";
}

TEST_F(Burst, TellsTheFirstRefusal) {
  start();
  BurstOptions burst = options();
  burst.count = 20;
  const auto result = send(burst, "/v1/nowhere");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->acknowledged, 0U);
  EXPECT_EQ(result->refused, 20U);
  EXPECT_NE(result->first_refusal.find("404"), std::string::npos) << result->first_refusal;
}

TEST_F(Burst, WithoutAServerIsAnError) {
  start();
  BurstOptions burst = options();
  burst.count = 1;
  server_->shutdown(std::chrono::milliseconds(0));
  EXPECT_FALSE(send(burst, "/v1/noop").ok());
}

// Else the ratio of end to end over no-op would compare answers of different size.
TEST_F(Burst, TheNoopIsAnsweredLikeACreation) {
  start();
  Accepted accepted;
  accepted.stream = {Kind::kOrder, generator_.id(Kind::kOrder, 1)};
  accepted.version = 1;
  accepted.position = 654'321;
  accepted.created = true;
  const http::Response create = answer_of(accepted, false);
  http::RawClient client(port());
  client.send("POST /v1/noop HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}");
  const auto noop = client.read();
  EXPECT_EQ(noop.status, create.status);
  EXPECT_EQ(noop.body.size(), create.body.size()) << noop.body;
  for (const auto& [name, value] : create.headers) {
    EXPECT_EQ(noop.header(name).size(), value.size()) << name;
  }
}

}  // namespace
}  // namespace cqrs::load
