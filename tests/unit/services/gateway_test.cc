// The gateway as its clients see it: HTTP in front, three roles behind, each over real gRPC.
#include "services/gateway/gateway.h"

#include "services/chassis/server.h"

#include "tests/unit/services/raw_client.h"
#include "tests/unit/services/rpc_fixture.h"

namespace cqrs {
namespace {

using http::RawClient;
using http::RawResponse;

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() : thread_(start_rpc_thread()) {
    command_ = start("command", command_role_);
    query_ = start("query", query_role_);
    admin_ = start("projector", admin_role_);
    add_gateway_routes(router_, {*command_, *query_, *admin_});
    router_.add(http::Method::kGet, "/livez",
                [](http::Request&&, http::PathValues&&, http::Responder&& answer) {
                  answer(http::text_response("gateway"));
                });
    auto server = http::start_server({}, router_);
    EXPECT_TRUE(server.ok());
    server_ = std::move(*server);
  }
  std::unique_ptr<RpcPeer> start(const std::string& role, Replica& replica) {
    replica.router.set_fallback(
        [role](http::Request&& request, http::Responder&& answer) {
          http::Response response = http::text_response(
              role + " " + request.path + (request.from_loopback ? " local" : " far"));
          response.headers.emplace_back("ETag", "\"" + std::to_string(request.body.size()) + "\"");
          answer(std::move(response));
        },
        8 * 1024 * 1024);
    replica.start();
    RpcPeerOptions options;
    options.role = role;
    options.addresses = replica.address;
    options.thread = thread_;
    auto peer = start_rpc_peer(options);
    EXPECT_TRUE(peer.ok());
    return std::move(*peer);
  }
  RawResponse ask(const std::string& method, const std::string& path,
                  const std::string& body = {}) {
    RawClient client(server_->port());
    const std::string length =
        body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    client.send(method + " " + path + " HTTP/1.1\r\nHost: t\r\n" + length + "\r\n" + body);
    return client.read(method == "HEAD");
  }

  Replica command_role_{"command"};
  Replica query_role_{"query"};
  Replica admin_role_{"projector"};
  std::shared_ptr<rpc::RpcThread> thread_;
  std::unique_ptr<RpcPeer> command_;
  std::unique_ptr<RpcPeer> query_;
  std::unique_ptr<RpcPeer> admin_;
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;
};

TEST_F(GatewayTest, EveryRequestGoesToTheRoleThatHasIt) {
  const std::vector<std::array<const char*, 3>> table{
      {"GET", "/v1/users/7", "query"},
      {"GET", "/v1/sync-status", "query"},
      {"GET", "/order", "query"},
      {"GET", "/v1/administrators", "query"},
      {"POST", "/v1/users", "command"},
      {"PATCH", "/v1/users/7", "command"},
      {"PUT", "/v1/products/7/price", "command"},
      {"DELETE", "/user/7", "command"},
      {"POST", "/v1/commands:batch", "command"},
      {"GET", "/v1/commands:batch", "query"},
      {"OPTIONS", "/v1/users", "command"},
      {"GET", "/v1/admin/generations", "projector"},
      {"POST", "/v1/admin/generations", "projector"},
      {"DELETE", "/v1/admin/generations/2", "projector"},
  };
  for (const auto& [method, path, role] : table) {
    EXPECT_EQ(ask(method, path).body, std::string(role) + " " + path + " local") << method;
  }
  EXPECT_EQ(ask("GET", "/livez").body, "gateway");
}

TEST_F(GatewayTest, HeadersComeBackAndHeadHasThoseOfGet) {
  const RawResponse got = ask("GET", "/v1/users/7");
  const RawResponse head = ask("HEAD", "/v1/users/7");
  EXPECT_EQ(got.header("ETag"), "\"0\"");
  EXPECT_EQ(head.header("ETag"), "\"0\"");
  EXPECT_EQ(head.header("Content-Length"), std::to_string(got.body.size()));
}

TEST_F(GatewayTest, NotFoundIsSaidByTheRoleBehind) {
  query_role_.router.set_fallback({});
  const RawResponse missing = ask("GET", "/nowhere");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(ask("HEAD", "/throws").status, 500);
  EXPECT_EQ(query_role_.server->counters().calls, 2U);
}

TEST_F(GatewayTest, BatchesMayBeLargeAndOtherBodiesMayNot) {
  const std::string megabyte(1024 * 1024, 'x');
  EXPECT_EQ(ask("POST", "/v1/commands:batch", megabyte).header("ETag"), "\"1048576\"");
  EXPECT_EQ(ask("POST", "/v1/users", megabyte).status, 413);
  EXPECT_EQ(ask("POST", "/v1/users", std::string(64 * 1024, 'x')).header("ETag"), "\"65536\"");
}

TEST_F(GatewayTest, PipelinedRequestsToSeveralRolesAreAnsweredInOrder) {
  RawClient client(server_->port());
  std::string requests;
  for (int i = 0; i < 600; ++i) {
    const std::string path = "/x/" + std::to_string(i);
    requests += (i % 2 == 0 ? "GET " : "DELETE ") + path + " HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(client.read().body,
              (i % 2 == 0 ? "query /x/" : "command /x/") + std::to_string(i) + " local");
  }
}

}  // namespace
}  // namespace cqrs
