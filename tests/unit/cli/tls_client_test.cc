// The load client and fetch() over TLS, against a server of another make, with certificates made
// for the occasion: what is trusted, what is told when it is not, and that requests fare as without
// it.
#include "core/base/json_tree.h"

#include "tests/e2e/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/cli/client_source.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

namespace cqrs::load {
namespace {

using std::chrono::milliseconds;

class TlsClient : public PipelineClient {
 protected:
  void SetUp() override {
    make_authority("authority");
    make_certificate("server", "authority", "subjectAltName=DNS:shop.test,DNS:localhost");
    start();
  }

  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }

  void must(const e2e::Words& words) {
    const auto finished = e2e::run(words);
    ASSERT_EQ(finished.exit_code, 0) << finished;
  }
  void make_authority(const std::string& name) {
    must({"/usr/bin/env", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
          "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout",
          file(name + ".key"), "-out", file(name + ".pem")});
  }
  void make_certificate(const std::string& name, const std::string& authority,
                        const std::string& extension) {
    must({"/usr/bin/env", "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
          "-nodes", "-subj", "/CN=" + name, "-keyout", file(name + ".key"), "-out",
          file(name + ".csr")});
    std::ofstream(file(name + ".ext")) << extension << "\n";
    must({"/usr/bin/env", "openssl", "x509", "-req", "-in", file(name + ".csr"), "-CA",
          file(authority + ".pem"), "-CAkey", file(authority + ".key"), "-CAcreateserial", "-days",
          "2", "-extfile", file(name + ".ext"), "-out", file(name + ".pem")});
  }

  void start_front(const e2e::Words& more = {}) {
    const std::string ready = file("ready");
    e2e::Words words = {
        "/usr/bin/env", "python3",          TLS_FRONT, "--backend",        std::to_string(port()),
        "--cert",       file("server.pem"), "--key",   file("server.key"), "--ready",
        ready};
    words.insert(words.end(), more.begin(), more.end());
    front_.emplace(words);
    std::string text;
    ASSERT_TRUE(e2e::wait_until([&] { return std::ifstream(ready) >> text && !text.empty(); }))
        << front_->wait(milliseconds{1000});
    tls_port_ = static_cast<std::uint16_t>(std::stoul(text));
  }
  // What the front said of each connection; ends it.
  [[nodiscard]] std::vector<Json> connections() {
    front_->send(SIGTERM);
    std::istringstream lines(front_->wait().out);
    std::vector<Json> found;
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    return found;
  }

  [[nodiscard]] Endpoint endpoint(const std::string& host = "localhost") const {
    return {host, tls_port_, true};
  }
  [[nodiscard]] TlsOptions trusting(const std::string& authority = "authority") const {
    TlsOptions tls;
    tls.ca_file = file(authority + ".pem");
    return tls;
  }
  [[nodiscard]] ClientOptions tls_options(std::size_t connections, std::size_t depth) const {
    ClientOptions client = options(connections, depth);
    client.endpoint = endpoint();
    client.tls = trusting();
    return client;
  }
  Result<SimpleResponse> get(const TlsOptions& tls, const std::string& host = "localhost") const {
    return fetch(endpoint(host), "GET", "/echo/hello", "", milliseconds{10'000}, tls);
  }

  support::TempDir dir_;
  std::optional<e2e::Process> front_;
  std::uint16_t tls_port_ = 0;
};

TEST_F(TlsClient, EveryRequestIsAnsweredWithItsOwnAnswer) {
  start_front();
  Source source(3000);
  ASSERT_TRUE(run_client(tls_options(2, 64), source.callbacks(), stop_).ok());
  Source again(500);
  ClientOptions demand = tls_options(4, 1);
  demand.on_demand = true;
  ASSERT_TRUE(run_client(demand, again.callbacks(), stop_).ok());
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_TRUE(again.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kAnswered], 3000U);
  EXPECT_EQ(again.transports[Transport::kAnswered], 500U);
  EXPECT_EQ(source.wrong + again.wrong, 0U);
  for (const Json& connection : connections()) {
    EXPECT_EQ(connection.at("version"), "TLSv1.3");
    EXPECT_EQ(connection.at("alpn"), "http/1.1");
  }
}

TEST_F(TlsClient, ALaterConnectionResumesTheSessionOfAnEarlierOne) {
  router_.add(http::Method::kGet, "/once/{tag}",
              [](http::Request&&, http::PathValues&& path, http::Responder&& answer) {
                http::Response response = http::text_response(path[0]);
                response.headers.emplace_back("Connection", "close");
                answer(std::move(response));
              });
  start_front();
  for (const bool on_demand : {false, true}) {
    Source source(5, "/once/");
    ClientOptions client = tls_options(1, 1);
    client.on_demand = on_demand;
    ASSERT_TRUE(run_client(client, source.callbacks(), stop_).ok());
    EXPECT_EQ(source.transports[Transport::kAnswered], 5U);
    EXPECT_EQ(source.wrong, 0U);
  }
  std::string resumed;
  for (const Json& connection : connections()) {
    resumed += connection.at("resumed").get<bool>() ? 'r' : 'n';
  }
  // Each run begins anew. The steady one may open a connection ahead of a next request.
  EXPECT_TRUE(resumed == "nrrrrnrrrr" || resumed == "nrrrrrnrrrr") << resumed;
}

TEST_F(TlsClient, AnswersOfManyRecordsArriveWhole) {
  start_front();
  Source source(200, "/large?");
  std::uint64_t whole = 0;
  source.on_answer = [&](const Answer& answer) { whole += answer.body.size() == kLarge ? 1 : 0; };
  ASSERT_TRUE(run_client(tls_options(2, 8), source.callbacks(), stop_).ok());
  EXPECT_EQ(whole, 200U);
}

TEST_F(TlsClient, TheOlderVersionIsSpokenToo) {
  start_front({"--tls12"});
  Source source(500);
  ASSERT_TRUE(run_client(tls_options(2, 16), source.callbacks(), stop_).ok());
  EXPECT_EQ(source.transports[Transport::kAnswered], 500U);
  EXPECT_EQ(source.wrong, 0U);
  EXPECT_EQ(connections().at(0).at("version"), "TLSv1.2");
}

TEST_F(TlsClient, WhatWasGivenAwayBeforeTheServerDiedIsUnknown) {
  start_front();
  Source source(16, "/held/");
  source.more = true;
  source.on_answer = [&](const Answer&) { source.more = false; };
  std::thread running(
      [&] { ASSERT_TRUE(run_client(tls_options(2, 8), source.callbacks(), stop_).ok()); });
  std::vector<std::pair<std::string, http::Responder>> items;
  while (items.size() < 16) {
    for (auto& item : held_.take(1)) items.push_back(std::move(item));
  }
  front_->send(SIGKILL);
  running.join();
  EXPECT_TRUE(source.each_reported_once());
  EXPECT_EQ(source.transports[Transport::kUnknown], 16U);
}

TEST_F(TlsClient, AnUnknownAuthorityIsRefusedByNameUnlessToldOtherwise) {
  start_front();
  make_authority("stranger");
  const auto refused = get(trusting("stranger"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("is not accepted: unable to get local issuer"),
            std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(get({}).ok()) << "the authorities of the system do not know it";
  TlsOptions insecure;
  insecure.insecure = true;
  EXPECT_EQ(get(insecure)->body, "hello");
  EXPECT_EQ(get(trusting())->body, "hello");
}

TEST_F(TlsClient, ACertificateForAnotherNameIsRefusedUnlessThatNameIsExpected) {
  start_front();
  const auto refused = get(trusting(), "127.0.0.1");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("(expected 127.0.0.1)"), std::string::npos)
      << refused.error().message;
  TlsOptions named = trusting();
  named.server_name = "shop.test";
  EXPECT_EQ(get(named, "127.0.0.1")->body, "hello");
  named.server_name = "other.test";
  EXPECT_FALSE(get(named, "127.0.0.1").ok());
}

TEST_F(TlsClient, ARunWhoseServerIsNotTrustedSendsNothingAndSaysWhy) {
  start_front();
  for (const bool on_demand : {false, true}) {
    ClientOptions client = tls_options(2, 1);
    client.on_demand = on_demand;
    client.endpoint = endpoint("127.0.0.1");
    Source source(10);
    const Status status = run_client(client, source.callbacks(), stop_);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(status.error().message.find("(expected 127.0.0.1)"), std::string::npos)
        << status.error().message;
    EXPECT_EQ(source.sent, 0U);
  }
}

TEST_F(TlsClient, OurOwnCertificateIsShownWhenItIsDemanded) {
  make_authority("guests");
  make_certificate("guest", "guests", "extendedKeyUsage=clientAuth");
  start_front({"--client-ca", file("guests.pem")});
  TlsOptions tls = trusting();
  const auto refused = get(tls);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("TLS: "), std::string::npos) << refused.error().message;
  tls.certificate_file = file("guest.pem");
  tls.key_file = file("guest.key");
  EXPECT_EQ(get(tls)->body, "hello");
  EXPECT_EQ(connections().back().at("client"), "guest");
}

TEST_F(TlsClient, FilesThatCannotBeUsedAreNamed) {
  start_front();
  const auto problem = [&](const TlsOptions& tls) {
    const auto refused = get(tls);
    return refused.ok() ? "" : refused.error().field + "|" + refused.error().message;
  };
  TlsOptions tls;
  tls.ca_file = file("nowhere.pem");
  EXPECT_TRUE(problem(tls).starts_with("ca_file|cannot read")) << problem(tls);
  tls = trusting();
  tls.certificate_file = file("server.pem");
  EXPECT_TRUE(problem(tls).starts_with("key_file|")) << problem(tls);
  tls.key_file = file("authority.key");
  EXPECT_TRUE(problem(tls).starts_with("key_file|cannot use the private key")) << problem(tls);
  tls.key_file.clear();
  tls.certificate_file.clear();
  tls.key_file = file("server.key");
  EXPECT_TRUE(problem(tls).starts_with("certificate_file|")) << problem(tls);
}

TEST_F(TlsClient, APlainServerIsNotSpokenToAndIsNamed) {
  tls_port_ = port();
  const auto refused = get(trusting());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("TLS: "), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace cqrs::load
