// The hop as long as nothing breaks: every answer to its caller, in batches, within limits.
#include "tests/unit/services/rpc_fixture.h"

#include <algorithm>
#include <random>
#include <thread>

namespace cqrs {
namespace {

using http::Method;

TEST_F(RpcTest, ARequestArrivesWithAllItsPartsAndTheAnswerWithAllOfIts) {
  Replica replica;
  replica.start();
  connect(replica.address);
  http::Request request = RpcTest::request(Method::kPost, "/echo", "q=1");
  request.body = std::string("b\0\xFF", 3);
  request.content_type = "c";
  request.idempotency_key = "k";
  request.if_match = "m";
  request.if_none_match = "n";
  request.traceparent = "t";
  request.request_id = "i";
  request.from_loopback = true;
  const http::Response response = ask(std::move(request));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_EQ(response.body, std::string("q=1|b\0\xFF|c|k|m|n|t|i|local", 25));
  ASSERT_EQ(response.headers.size(), 2U);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>("ETag", "\"q=1\"")));
  // Nothing of the call before is left in the memory that the next one uses.
  EXPECT_EQ(ask(RpcTest::request(Method::kPost, "/echo")).body, "||||||||far");
}

TEST_F(RpcTest, HeadFallsBackToGetAndUnknownPathsAre404) {
  Replica replica;
  replica.start();
  connect(replica.address);
  EXPECT_EQ(ask(request(Method::kHead, "/name")).body, "a");
  EXPECT_EQ(ask(request(Method::kGet, "/nowhere")).status, 404);
  const http::Response wrong = ask(request(Method::kDelete, "/name"));
  EXPECT_EQ(wrong.status, 405);
  ASSERT_EQ(wrong.headers.size(), 1U);
  EXPECT_EQ(wrong.headers[0].second, "GET, HEAD");
}

TEST_F(RpcTest, ThousandsOfInterleavedCallsGetTheirOwnAnswersInFewBatches) {
  constexpr int kThreads = 4;
  constexpr int kEach = 3'000;
  Replica replica;
  replica.start();
  connect(replica.address);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = t * kEach; i < (t + 1) * kEach; ++i) {
        send(static_cast<std::uint64_t>(i), request(Method::kPost, "/echo", std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(answers_->wait(kThreads * kEach));
  for (int i = 0; i < kThreads * kEach; ++i) {
    const http::Response response = (*answers_)[static_cast<std::uint64_t>(i)];
    ASSERT_EQ(response.headers.at(1).second, std::to_string(i));
    ASSERT_EQ(response.body, std::to_string(i) + "||||||||far");
  }
  const RpcServerCounters counters = replica.server->counters();
  EXPECT_EQ(counters.calls, kThreads * kEach);
  EXPECT_EQ(counters.answers, kThreads * kEach);
  EXPECT_LT(counters.call_batches, counters.calls / 4);
  EXPECT_LT(counters.answer_batches, counters.answers / 4);
}

TEST_F(RpcTest, AnswersFromOtherThreadsAndOutOfOrderFindTheirCalls) {
  constexpr std::uint64_t kCalls = 2'000;
  Replica replica;
  replica.start();
  connect(replica.address);
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    send(i, request(Method::kGet, "/held", std::to_string(i)));
  }
  auto items = replica.held.take(kCalls);
  ASSERT_EQ(items.size(), kCalls);
  std::shuffle(items.begin(), items.end(), std::mt19937(7));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&items, t] {
      for (std::size_t i = t; i < items.size(); i += 3) {
        items[i].second(http::text_response(items[i].first));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(answers_->wait(kCalls));
  for (std::uint64_t i = 0; i < kCalls; ++i) ASSERT_EQ((*answers_)[i].body, std::to_string(i));
  EXPECT_LT(replica.server->counters().answer_batches, kCalls / 4);
}

TEST_F(RpcTest, LargeBodiesPassAndOnesOverTheRoutesLimitAreRefusedAlone) {
  Replica replica;
  replica.start();
  connect(replica.address);
  http::Request large = request(Method::kPost, "/echo", "1");
  large.body = std::string(1024 * 1024, 'y');
  EXPECT_EQ(ask(std::move(large)).body.size(), 1024 * 1024 + 12U);
  http::Request over = request(Method::kPost, "/echo", "2");
  over.body = std::string(2 * 1024 * 1024 + 1, 'y');
  EXPECT_EQ(ask(std::move(over)).status, 413);
  http::Request monstrous = request(Method::kPost, "/echo", "3");
  monstrous.body = std::string(17 * 1024 * 1024, 'y');
  EXPECT_EQ(ask(std::move(monstrous)).status, 413);
  for (std::uint64_t i = 0; i < 20; ++i) send(i, request(Method::kGet, "/large"));
  ASSERT_TRUE(answers_->wait(20));
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ((*answers_)[i].body.size(), 5U * 1024 * 1024);
  }
}

TEST_F(RpcTest, AThrowingHandlerCostsOnlyItsOwnCall) {
  Replica replica;
  replica.start();
  connect(replica.address);
  EXPECT_EQ(ask(request(Method::kGet, "/throws")).status, 500);
  EXPECT_EQ(ask(request(Method::kGet, "/name")).body, "a");
}

TEST_F(RpcTest, TheDeadlineGives504AndALateAnswerIsDropped) {
  Replica replica;
  replica.start();
  options_.deadline = std::chrono::milliseconds{50};
  connect(replica.address);
  send(1, request(Method::kPost, "/held", "1"));
  auto items = replica.held.take(1);
  const http::Response late = (*answers_)[1];
  EXPECT_EQ(late.status, 504);
  EXPECT_NE(late.body.find("Idempotency-Key"), std::string::npos);
  EXPECT_EQ(peer_->counters().unanswered, 0U);
  items[0].second(http::text_response("too late"));
  EXPECT_EQ(ask(request(Method::kGet, "/name")).body, "a");
  EXPECT_EQ(answers_->size(), 2U);
}

TEST_F(RpcTest, MoreCallsThanThePeerHoldsAre503Overloaded) {
  Replica replica;
  replica.start();
  options_.calls_max = 3;
  connect(replica.address);
  for (std::uint64_t i = 0; i < 3; ++i) send(i, request(Method::kGet, "/held"));
  const http::Response refused = ask(request(Method::kGet, "/name"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code_of(refused), "overloaded");
  for (auto& [name, answer] : replica.held.take(3)) answer(http::text_response("late"));
  ASSERT_TRUE(answers_->wait(4));
  EXPECT_EQ(ask(request(Method::kGet, "/name")).body, "a");
}

TEST_F(RpcTest, AStreamWithTooManyUnansweredCallsIsReadNoFurtherUntilSomeAreAnswered) {
  Replica replica;
  replica.options.unanswered_max = 8;
  replica.start();
  connect(replica.address);
  // One by one, so that they come in batches of one.
  for (std::uint64_t i = 0; i < 8; ++i) {
    send(i, request(Method::kGet, "/held"));
    ASSERT_TRUE(eventually([&] { return replica.seen.load() == static_cast<int>(i) + 1; }));
  }
  send(8, request(Method::kGet, "/name"));
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_EQ(replica.seen.load(), 8);
  auto items = replica.held.take(8);
  items[0].second(http::text_response("x"));
  EXPECT_EQ((*answers_)[8].body, "a");
  for (std::size_t i = 1; i < 8; ++i) items[i].second(http::text_response("x"));
  EXPECT_TRUE(answers_->wait(9));
}

TEST_F(RpcTest, CallsGoToTheReplicaWithTheFewestInFlight) {
  Replica a("a");
  Replica b("b");
  a.start();
  b.start();
  connect(a.address + "," + b.address, 2);
  for (std::uint64_t i = 0; i < 20; ++i) {
    send(i, request(Method::kGet, "/held"));
    ASSERT_TRUE(
        eventually([&] { return a.seen.load() + b.seen.load() == static_cast<int>(i) + 1; }));
  }
  EXPECT_EQ(a.seen.load(), 10);
  EXPECT_EQ(b.seen.load(), 10);
  for (Replica* replica : {&a, &b}) {
    for (auto& [name, answer] : replica->held.take(10)) answer(http::text_response("x"));
  }
  EXPECT_TRUE(answers_->wait(20));
}

TEST_F(RpcTest, PeersMayShareOneThread) {
  Replica a("a");
  Replica b("b");
  a.start();
  b.start();
  options_.thread = start_rpc_thread();
  connect(a.address);
  auto first = std::move(peer_);
  connect(b.address);
  EXPECT_EQ(ask(request(Method::kGet, "/name")).body, "b");
  first->call(request(Method::kGet, "/name"), answers_->responder(1));
  EXPECT_EQ((*answers_)[1].body, "a");
  first.reset();
  EXPECT_EQ(ask(request(Method::kGet, "/name")).body, "b");
}

TEST(RpcPeer, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "host", "host:", ":1", "a:1,", "a:x", "a:123456"}) {
    RpcPeerOptions options;
    options.addresses = text;
    EXPECT_FALSE(start_rpc_peer(options).ok()) << text;
  }
}

}  // namespace
}  // namespace cqrs
