// The hop when replicas go, come back, stop or were never there: what may be repeated is, what may
// not is told to be in doubt, and every call is answered once.
#include "tests/unit/services/rpc_fixture.h"

#include <thread>

namespace cqrs {
namespace {

using http::Method;

http::Request with_key(http::Request request, std::string key) {
  request.idempotency_key = std::move(key);
  return request;
}

// Two replicas, one of which holds the calls of the test while the other does not serve.
class RpcFailureTest : public RpcTest {
 protected:
  void start_both() {
    broken_.start();
    other_.start();
    other_.server->set_serving(false);
    connect(broken_.address + "," + other_.address);
    // Greeted by both, so that it is the state that keeps the other one out.
    ASSERT_TRUE(eventually([&] { return other_.server->counters().streams_open == 1; }));
    ASSERT_TRUE(eventually([&] { return ask(request(Method::kGet, "/name")).body == "broken"; }));
    broken_.seen = other_.seen = 0;
  }
  // The held calls stay unanswered: their responders outlive the server.
  void break_first(int held) {
    ASSERT_TRUE(eventually([&] { return broken_.seen.load() == held; }));
    other_.server->set_serving(true);
    ASSERT_TRUE(eventually([&] { return peer_->counters().replicas_ready == 2; }));
    broken_.server.reset();
  }

  Replica broken_{"broken"};
  Replica other_{"other"};
};

TEST_F(RpcFailureTest, ReadsAndKeyedWritesGoToAnotherReplicaTheRestIsInDoubt) {
  start_both();
  send(1, request(Method::kGet, "/held", "get"));
  send(2, with_key(request(Method::kPost, "/held", "keyed"), "k"));
  send(3, request(Method::kPost, "/held", "unkeyed"));
  peer_->call(with_key(request(Method::kPost, "/held", "batch"), "k"), answers_->responder(4),
              Resend::kNever);
  break_first(4);
  for (const std::uint64_t slot : {3U, 4U}) {
    const http::Response doubt = (*answers_)[slot];
    EXPECT_EQ(doubt.status, 503) << slot;
    EXPECT_EQ(code_of(doubt), "in_doubt") << slot;
    EXPECT_NE(doubt.body.find("Idempotency-Key"), std::string::npos);
  }
  auto items = other_.held.take(2);
  ASSERT_EQ(items.size(), 2U);
  for (auto& [name, answer] : items) answer(http::text_response(name));
  EXPECT_EQ((*answers_)[1].body, "get");
  EXPECT_EQ((*answers_)[2].body, "keyed");
  // What the broken one answers now reaches nobody.
  for (auto& [name, answer] : broken_.held.take(4)) answer(http::text_response("late"));
  EXPECT_EQ(other_.seen.load(), 2);
  EXPECT_EQ(peer_->counters().unanswered, 0U);
  EXPECT_EQ(peer_->counters().replicas_lost, 1U);
}

TEST_F(RpcFailureTest, ACallIsSentAgainOnlyOnce) {
  start_both();
  send(1, request(Method::kGet, "/held"));
  send(2, with_key(request(Method::kPost, "/held"), "k"));
  break_first(2);
  ASSERT_TRUE(eventually([&] { return other_.seen.load() == 2; }));
  other_.server.reset();
  EXPECT_EQ(code_of((*answers_)[1]), "unavailable");
  EXPECT_EQ(code_of((*answers_)[2]), "in_doubt");
}

TEST_F(RpcTest, AReplicaThatComesBackOnItsPortIsUsedAgainSoon) {
  Replica replica;
  replica.start();
  const std::uint16_t port = replica.server->port();
  options_.grace = std::chrono::milliseconds{10'000};
  connect(replica.address);
  for (int round = 0; round < 3; ++round) {
    replica.server.reset();
    send(static_cast<std::uint64_t>(round), request(Method::kGet, "/name"));
    replica.start(port);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ((*answers_)[static_cast<std::uint64_t>(round)].body, "a");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{3});
  }
}

TEST_F(RpcTest, WithoutAReplicaCallsWaitTheGraceAndAreUnavailable) {
  options_.grace = std::chrono::milliseconds{100};
  Replica replica;
  replica.start();
  const std::string address = replica.address;
  replica.server.reset();
  connect(address, 0);
  const auto began = std::chrono::steady_clock::now();
  const http::Response none = ask(request(Method::kPost, "/echo"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, options_.grace);
  EXPECT_EQ(none.status, 503);
  EXPECT_EQ(code_of(none), "unavailable");
  ASSERT_EQ(none.headers.size(), 1U);
  EXPECT_EQ(none.headers[0].first, "Retry-After");
}

TEST_F(RpcTest, CallsUnderLoadAreAllAnsweredOnceWhileReplicasGoAndCome) {
  constexpr std::uint64_t kCalls = 20'000;
  Replica a("a");
  Replica b("b");
  a.start();
  b.start();
  options_.calls_max = kCalls;
  connect(a.address + "," + b.address, 2);
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < kCalls; ++i) {
      http::Request request =
          RpcTest::request(i % 2 == 0 ? Method::kGet : Method::kPost, "/echo", std::to_string(i));
      if (i % 4 == 1) request.idempotency_key = "k" + std::to_string(i);
      send(i, std::move(request));
      if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  });
  // One after the other, so that there is always one to go to.
  for (int round = 0; round < 6; ++round) {
    Replica& victim = round % 2 == 0 ? a : b;
    const std::uint16_t port = victim.server->port();
    ASSERT_TRUE(eventually([&] { return peer_->counters().replicas_ready == 2; }));
    victim.server.reset();
    victim.start(port);
  }
  sender.join();
  ASSERT_TRUE(answers_->wait(kCalls));
  std::size_t doubtful = 0;
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    const http::Response response = (*answers_)[i];
    if (response.status == 201) {
      ASSERT_EQ(response.headers.at(1).second, std::to_string(i));
      continue;
    }
    ++doubtful;
    // Two breaks can hit one call; without a key one is enough.
    ASSERT_EQ(response.status, 503) << response.body;
    ASSERT_TRUE(i % 4 == 3 || peer_->counters().replicas_lost > 1);
  }
  EXPECT_LT(doubtful, kCalls / 4);
}

TEST_F(RpcTest, ShutdownAnswersWhatWasAcceptedAndLosesNothing) {
  constexpr std::uint64_t kCalls = 3'000;
  Replica a("a");
  Replica b("b");
  a.start();
  b.start();
  connect(a.address + "," + b.address, 2);
  std::atomic<bool> stopping{false};
  std::thread answering([&] {
    for (std::size_t answered = 0; answered < kCalls;) {
      for (Replica* replica : {&a, &b}) {
        for (auto& [name, answer] : replica->held.take(0)) {
          answer(http::text_response(name));
          ++answered;
        }
      }
    }
  });
  std::thread sending([&] {
    for (std::uint64_t i = 0; i < kCalls; ++i) {
      send(i, request(Method::kPost, "/held", std::to_string(i)));
      if (i == kCalls / 2) stopping = true;
      if (i % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  });
  ASSERT_TRUE(eventually([&] { return stopping.load(); }));
  a.server->shutdown(std::chrono::seconds{10});
  EXPECT_EQ(a.server->counters().streams_open, 0U);
  EXPECT_EQ(a.server->counters().calls, a.server->counters().answers);
  sending.join();
  answering.join();
  ASSERT_TRUE(answers_->wait(kCalls));
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    ASSERT_EQ((*answers_)[i].body, std::to_string(i)) << "a clean shutdown costs no call";
  }
}

TEST_F(RpcTest, ShutdownEndsWhenItsPatienceDoesAndTheCallIsInDoubt) {
  Replica replica;
  replica.start();
  connect(replica.address);
  send(1, request(Method::kPost, "/held"));
  auto items = replica.held.take(1);
  ASSERT_EQ(items.size(), 1U);
  replica.server->shutdown(std::chrono::milliseconds{50});
  EXPECT_EQ(code_of((*answers_)[1]), "in_doubt");
  replica.server->shutdown(std::chrono::milliseconds{50});
  replica.server.reset();
  items[0].second(http::text_response("nobody hears this"));
}

TEST_F(RpcTest, ThePeersEndAnswersWhatIsUnanswered) {
  Replica replica;
  replica.start();
  connect(replica.address);
  send(1, request(Method::kGet, "/held"));
  send(2, request(Method::kPost, "/held"));
  auto items = replica.held.take(2);
  ASSERT_EQ(items.size(), 2U);
  peer_.reset();
  EXPECT_EQ(code_of((*answers_)[1]), "unavailable");
  EXPECT_EQ(code_of((*answers_)[2]), "in_doubt");
}

TEST_F(RpcTest, APortInUseIsRefusedWithTheWayOut) {
  Replica replica;
  replica.start();
  RpcServerOptions options;
  options.port = replica.server->port();
  const auto second = start_rpc_server(options, replica.router);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
}

}  // namespace
}  // namespace cqrs
