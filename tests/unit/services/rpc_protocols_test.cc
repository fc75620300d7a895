// The standard protocols beside the hop: health and reflection, asked by gRPC's own clients.
#include "services/api/health.grpc.pb.h"
#include "services/api/reflection.grpc.pb.h"

#include "tests/unit/services/rpc_fixture.h"

#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/create_channel.h>

#ifdef __SANITIZE_THREAD__
// gRPC's libraries are not built for the thread sanitizer, which would take every hand-over inside
// them for a race. What stands in TSAN_OPTIONS is added to this.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif

namespace cqrs {
namespace {

namespace health = grpc::health::v1;
namespace reflection = grpc::reflection::v1alpha;

std::shared_ptr<grpc::Channel> channel_to(const Replica& replica) {
  return grpc::CreateChannel(replica.address, grpc::InsecureChannelCredentials());
}

grpc::Status check(health::Health::Stub& stub, const std::string& service,
                   health::HealthCheckResponse::ServingStatus& out) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestPatience);
  health::HealthCheckRequest request;
  request.set_service(service);
  health::HealthCheckResponse response;
  const grpc::Status status = stub.Check(&context, request, &response);
  out = response.status();
  return status;
}

TEST(RpcProtocols, HealthFollowsWhatTheServerIsTold) {
  Replica replica;
  replica.start();
  const auto stub = health::Health::NewStub(channel_to(replica));
  auto status = health::HealthCheckResponse::UNKNOWN;
  ASSERT_TRUE(check(*stub, "", status).ok());
  EXPECT_EQ(status, health::HealthCheckResponse::SERVING);
  ASSERT_TRUE(check(*stub, "cqrs.internal.v1.Exchange", status).ok());
  EXPECT_EQ(status, health::HealthCheckResponse::SERVING);
  EXPECT_EQ(check(*stub, "foreign", status).error_code(), grpc::StatusCode::NOT_FOUND);
  replica.server->set_serving(false);
  EXPECT_TRUE(eventually([&] {
    return check(*stub, "", status).ok() && status == health::HealthCheckResponse::NOT_SERVING;
  }));
}

TEST(RpcProtocols, AWatcherIsToldEveryChangeAndDoesNotHoldUpTheShutdown) {
  Replica replica;
  replica.start();
  const auto stub = health::Health::NewStub(channel_to(replica));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestPatience);
  const auto reader = stub->Watch(&context, health::HealthCheckRequest());
  health::HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING);
  replica.server->set_serving(false);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::NOT_SERVING);
  const auto began = std::chrono::steady_clock::now();
  replica.server->shutdown(std::chrono::seconds{10});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
  while (reader->Read(&response)) continue;
  EXPECT_FALSE(reader->Finish().ok());
}

TEST(RpcProtocols, ReflectionListsTheServicesAndShowsTheirFiles) {
  Replica replica;
  replica.start();
  const auto stub = reflection::ServerReflection::NewStub(channel_to(replica));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTestPatience);
  const auto talk = stub->ServerReflectionInfo(&context);
  reflection::ServerReflectionRequest request;
  reflection::ServerReflectionResponse response;
  request.set_list_services("*");
  ASSERT_TRUE(talk->Write(request));
  ASSERT_TRUE(talk->Read(&response));
  EXPECT_EQ(response.list_services_response().service_size(), 3);
  request.set_file_containing_symbol("cqrs.internal.v1.Exchange");
  ASSERT_TRUE(talk->Write(request));
  ASSERT_TRUE(talk->Read(&response));
  ASSERT_EQ(response.file_descriptor_response().file_descriptor_proto_size(), 1);
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(file.service(0).name(), "Exchange");
  request.set_file_by_filename("nowhere.proto");
  ASSERT_TRUE(talk->Write(request));
  ASSERT_TRUE(talk->Read(&response));
  EXPECT_EQ(response.error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(talk->WritesDone());
  EXPECT_FALSE(talk->Read(&response));
  EXPECT_TRUE(talk->Finish().ok());
}

TEST_F(RpcTest, AReplicaThatDoesNotServeGetsNoCallsUntilItDoes) {
  Replica a("a");
  Replica b("b");
  a.start();
  b.start();
  connect(a.address + "," + b.address, 2);
  a.server->set_serving(false);
  ASSERT_TRUE(eventually([&] { return peer_->counters().replicas_ready == 1; }));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(request(http::Method::kGet, "/name")).body, "b");
  a.server->set_serving(true);
  ASSERT_TRUE(eventually([&] { return peer_->counters().replicas_ready == 2; }));
  EXPECT_TRUE(eventually([&] { return ask(request(http::Method::kGet, "/name")).body == "a"; }));
}

}  // namespace
}  // namespace cqrs
