// The proxy between a real client and a real server on loopback. Nothing here depends on how fast
// the machine is: times are lower bounds only.
#include "cli/faults/fault_proxy.h"

#include "cli/faults/link_json.h"
#include "cli/faults/proxy_control.h"
#include "cli/load/pipeline_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cqrs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// Sends back what it gets, one thread a connection.
class EchoServer {
 public:
  EchoServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~EchoServer() {
    stop_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ServerAddress address() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] std::size_t received() const { return received_; }

 private:
  void accept_all() {
    while (!stop_) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) threads_.emplace_back([this, connection] { echo(connection); });
    }
  }
  void echo(int connection) {
    std::vector<char> bytes(65'536);
    while (!stop_) {
      pollfd waiting{connection, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const auto got = ::recv(connection, bytes.data(), bytes.size(), 0);
      if (got <= 0) break;
      received_ += static_cast<std::size_t>(got);
      if (::send(connection, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) < 0) break;
    }
    ::close(connection);
  }
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> received_{0};
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  bool send(const std::string& text) {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  // As many bytes; fewer when the connection ended or 20 s passed.
  std::string read(std::size_t count) {
    std::string text;
    std::vector<char> bytes(65'536);
    while (text.size() < count) {
      const auto got =
          ::recv(socket_, bytes.data(), std::min(bytes.size(), count - text.size()), 0);
      if (got <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  [[nodiscard]] bool silent_for(milliseconds time) const {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int socket_;
  bool connected_ = false;
};

class Proxy : public testing::Test {
 protected:
  Proxy() {
    auto opened = FaultProxy::open(server_.address());
    EXPECT_TRUE(opened.ok());
    proxy_ = std::move(*opened);
  }
  std::string through(Client& client, const std::string& text) {
    EXPECT_TRUE(client.send(text));
    return client.read(text.size());
  }
  EchoServer server_;
  std::unique_ptr<FaultProxy> proxy_;
};

TEST_F(Proxy, WithoutFaultsEverythingPassesUnchangedInBothDirections) {
  Client client(proxy_->port());
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += static_cast<char>(i * 31 % 251);
  std::thread sender([&] { EXPECT_TRUE(client.send(large)); });
  EXPECT_EQ(client.read(large.size()), large);
  sender.join();
}

TEST_F(Proxy, WhoFinishesSendingStillGetsWhatIsOnItsWay) {
  proxy_->delay(milliseconds(30));
  Client client(proxy_->port());
  EXPECT_TRUE(client.send("last words"));
  client.finish_sending();
  EXPECT_EQ(client.read(100), "last words");
}

TEST_F(Proxy, ADelayHoldsEachDirection) {
  Client client(proxy_->port());
  EXPECT_EQ(through(client, "now"), "now");
  proxy_->delay(milliseconds(40));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(through(client, "later"), "later");
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(80));
}

TEST_F(Proxy, JitterNeverChangesTheOrder) {
  LinkFaults faults;
  faults.jitter = milliseconds(15);
  proxy_->set(faults);
  Client client(proxy_->port());
  std::string sent;
  for (int i = 0; i < 60; ++i) {
    const std::string piece = std::to_string(i) + ";";
    EXPECT_TRUE(client.send(piece));
    sent += piece;
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(client.read(sent.size()), sent);
}

TEST_F(Proxy, WhatIsFrozenIsSilentAndArrivesAfterwards) {
  Client client(proxy_->port());
  EXPECT_EQ(through(client, "a"), "a");
  proxy_->freeze(true);
  EXPECT_TRUE(client.send("b"));
  EXPECT_TRUE(client.silent_for(milliseconds(100)));
  Client late(proxy_->port());
  EXPECT_TRUE(late.connected()) << "connections are still accepted";
  EXPECT_TRUE(late.send("c"));
  EXPECT_TRUE(late.silent_for(milliseconds(50)));
  proxy_->heal();
  EXPECT_EQ(client.read(1), "b");
  EXPECT_EQ(late.read(1), "c");
}

TEST_F(Proxy, OneWayTheRequestArrivesAndItsAnswerDoesNot) {
  Client client(proxy_->port());
  EXPECT_EQ(through(client, "a"), "a");
  LinkFaults faults;
  faults.answers_frozen = true;
  proxy_->set(faults);
  EXPECT_TRUE(client.send("request"));
  for (int i = 0; i < 2'000 && server_.received() < 8; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(server_.received(), 8U);
  EXPECT_TRUE(client.silent_for(milliseconds(50)));
  proxy_->heal();
  EXPECT_EQ(client.read(7), "request");
}

TEST_F(Proxy, WhatIsCutIsResetAndRefusedUntilItIsHealed) {
  Client client(proxy_->port());
  EXPECT_EQ(through(client, "a"), "a");
  proxy_->reset(true);
  EXPECT_EQ(client.read(1), "");
  Client refused(proxy_->port());
  (void)refused.send("b");
  EXPECT_EQ(refused.read(1), "");
  proxy_->heal();
  Client again(proxy_->port());
  EXPECT_EQ(through(again, "c"), "c");
}

TEST_F(Proxy, ABandwidthIsNotExceeded) {
  LinkFaults faults;
  faults.bytes_per_second = 100'000;
  proxy_->set(faults);
  Client client(proxy_->port());
  const std::string text(30'000, 'x');
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(through(client, text), text);
  // A twentieth of a second's worth may be saved up in each direction.
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(200));
}

TEST_F(Proxy, ASlowDripBringsEverythingInSmallPieces) {
  LinkFaults faults;
  faults.slice = 7;
  proxy_->set(faults);
  Client client(proxy_->port());
  const std::string text(700, 'y');
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(through(client, text), text);
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(100));
}

TEST_F(Proxy, AConnectionIsResetAfterSoManyBytes) {
  LinkFaults faults;
  faults.reset_after = 1'000;
  proxy_->set(faults);
  Client client(proxy_->port());
  EXPECT_EQ(through(client, std::string(100, 'a')).size(), 100U);
  (void)client.send(std::string(5'000, 'b'));
  EXPECT_LT(client.read(5'000).size(), 5'000U);
}

TEST_F(Proxy, AServerThatIsAwayIsAResetAndNothingHangs) {
  auto nowhere = FaultProxy::open({"127.0.0.1", 1});
  ASSERT_TRUE(nowhere.ok());
  Client client((*nowhere)->port());
  (void)client.send("a");
  EXPECT_EQ(client.read(1), "");
}

TEST_F(Proxy, ATakenPortAndAnUnknownHostAreErrors) {
  EXPECT_EQ(FaultProxy::open(server_.address(), proxy_->port()).error().code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(FaultProxy::open({"no.such.host.invalid", 1}).error().code, ErrorCode::kUnavailable);
}

// For the sanitizers: faults change under traffic on many connections.
TEST_F(Proxy, FaultsMayChangeWhileManyConnectionsAreBusy) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  std::atomic<int> exchanged{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      while (!stop) {
        Client client(proxy_->port());
        const std::string text(static_cast<std::size_t>(100 + i), static_cast<char>('a' + i));
        for (int n = 0; n < 20 && !stop; ++n) {
          if (!client.send(text) || client.read(text.size()) != text) break;
          ++exchanged;
        }
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    proxy_->freeze(round % 3 == 0);
    proxy_->delay(milliseconds(round % 4));
    if (round % 5 == 0) proxy_->reset(false);
    std::this_thread::sleep_for(milliseconds(3));
  }
  proxy_->heal();
  const int before = exchanged;
  for (int i = 0; i < 4'000 && exchanged < before + 50; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(exchanged, before + 50) << "traffic goes on after everything is healed";
  stop = true;
  for (auto& client : clients) client.join();
}

TEST(ServerAddress, IsFoundInTheUrlsThatTheServersHave) {
  const std::vector<std::pair<std::string, ServerAddress>> right{
      {"postgresql://me:p%40ss@db.local:5433/shop?sslmode=disable", {"db.local", 5433}},
      {"postgresql://db.local/shop", {"db.local", 5432}},
      {"redis://127.0.0.1", {"127.0.0.1", 6379}},
      {"mongodb://127.0.0.1:27018/?directConnection=true", {"127.0.0.1", 27018}},
      {"127.0.0.1:9092", {"127.0.0.1", 9092}},
  };
  for (const auto& [url, address] : right) {
    auto found = address_in(url);
    ASSERT_TRUE(found.ok()) << url;
    EXPECT_EQ(*found, address) << url;
  }
  EXPECT_EQ(with_address(right[0].first, {"127.0.0.1", 7}).value(),
            "postgresql://me:p%40ss@127.0.0.1:7/shop?sslmode=disable");
  for (const char* url : {"mongodb://a:1,b:2/", "redis://[::1]:6379", "", "host",
                          "host:", "h:99999", "postgresql://me:secret@a:1,b:2/"}) {
    auto found = address_in(url);
    ASSERT_FALSE(found.ok()) << url;
    EXPECT_EQ(found.error().message.find("secret"), std::string::npos);
  }
}

TEST(LinkJson, ComesBackAsItWasAndRefusesWhatItDoesNotKnow) {
  LinkFaults faults;
  faults.answers_frozen = true;
  faults.delay = milliseconds(20);
  faults.jitter = milliseconds(5);
  faults.bytes_per_second = 1'000;
  faults.slice = 3;
  faults.reset_after = 77;
  auto back = link_faults_of(json_of(faults));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, faults);
  EXPECT_EQ(link_faults_of(Json::object()).value(), LinkFaults{});
  for (const char* wrong : {R"({"dealy_ms":1})", R"({"delay_ms":-1})", R"({"delay_ms":"1"})",
                            R"({"refused":1})", R"({"delay_ms":600001})", "[]"}) {
    EXPECT_FALSE(link_faults_of(Json::parse(wrong)).ok()) << wrong;
  }
}

TEST_F(Proxy, IsControlledOverHttp) {
  ProxyControl::Links links;
  links.emplace("echo", std::move(proxy_));
  auto control = ProxyControl::open("127.0.0.1:0", std::move(links));
  ASSERT_TRUE(control.ok());
  std::atomic<bool> stop{false};
  std::thread serving([&] { (*control)->serve(stop); });
  const load::Endpoint endpoint{"127.0.0.1", (*control)->port()};
  const auto ask = [&](const std::string& method, const std::string& target,
                       const std::string& body = "") {
    auto answer = load::fetch(endpoint, method, target, body, seconds(10));
    return answer ? *answer : load::SimpleResponse{};
  };
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  const Json before = Json::parse(ask("GET", "/v1/links").body);
  ASSERT_EQ(before.at("links").size(), 1U);
  EXPECT_EQ(before.at("links")[0].at("server"), "echo");
  const auto port = before.at("links")[0].at("port").get<std::uint16_t>();
  Client client(port);
  EXPECT_TRUE(client.send("a"));
  EXPECT_EQ(client.read(1), "a");
  const auto cut = ask("PUT", "/v1/links/echo", R"({"refused":true,"reset":true})");
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(Json::parse(cut.body).at("faults").at("refused"), true);
  EXPECT_EQ(client.read(1), "");
  EXPECT_EQ(ask("PUT", "/v1/links/echo", "{}").status, 200);
  Client again(port);
  EXPECT_TRUE(again.send("b"));
  EXPECT_EQ(again.read(1), "b");
  EXPECT_EQ(ask("PUT", "/v1/links/other", "{}").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/links/echo").status, 405);
  const auto wrong = ask("PUT", "/v1/links/echo", R"({"speed":1})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.body, HasSubstr("speed"));
  EXPECT_FALSE(ProxyControl::open("0.0.0.0:0", {}).ok());
  stop = true;
  serving.join();
}

}  // namespace
}  // namespace cqrs
