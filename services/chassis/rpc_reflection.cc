#include "services/chassis/rpc_reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <array>
#include <set>
#include <string>
#include <utility>

namespace cqrs::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using reflection::ServerReflectionRequest;
using reflection::ServerReflectionResponse;

constexpr std::array<const char*, 3> kServices{"cqrs.internal.v1.Exchange", "grpc.health.v1.Health",
                                               "grpc.reflection.v1alpha.ServerReflection"};

void refuse(ServerReflectionResponse& response, grpc::StatusCode code, const char* message) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(code);
  error.set_error_message(message);
}

// A file before those that need it would not help the asker: it takes them in any order.
void append_with_imports(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
                         reflection::FileDescriptorResponse& out) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  out.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    append_with_imports(*file.dependency(i), seen, out);
  }
}

ServerReflectionResponse answer(const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const FileDescriptor* file = nullptr;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const char* name : kServices) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      return response;
    case ServerReflectionRequest::kFileByFilename:
      file = pool.FindFileByName(request.file_by_filename());
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      file = pool.FindFileContainingSymbol(request.file_containing_symbol());
      break;
    case ServerReflectionRequest::kFileContainingExtension:
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      break;  // none of the services has extensions
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      refuse(response, grpc::StatusCode::INVALID_ARGUMENT, "the request asks nothing");
      return response;
  }
  if (file == nullptr) {
    refuse(response, grpc::StatusCode::NOT_FOUND, "no such file, symbol or extension");
    return response;
  }
  std::set<const FileDescriptor*> seen;
  append_with_imports(*file, seen, *response.mutable_file_descriptor_response());
  return response;
}

}  // namespace

// One stream of questions, answered one by one. Owns itself: gRPC holds it by its tags.
class ReflectionService::Talk {
 public:
  explicit Talk(ReflectionService& owner) : owner_(owner) {
    ++owner_.live_;
    owner_.service_.RequestServerReflectionInfo(&context_, &stream_, owner_.queue_, owner_.queue_,
                                                accepted_tag_.raw());
  }
  ~Talk() {
    --owner_.live_;
    owner_.on_ended_();
  }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

 private:
  void on_accepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    new Talk(owner_);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
    read();
  }
  void read() { stream_.Read(&request_, read_tag_.raw()); }
  void on_read(bool ok) {
    if (!ok) return stream_.Finish(grpc::Status::OK, finished_tag_.raw());
    stream_.Write(answer(request_), written_tag_.raw());
  }
  void on_written(bool /*ok*/) { read(); }  // fails in its turn when the asker has gone
  void on_finished(bool /*ok*/) { delete this; }

  ReflectionService& owner_;
  grpc::ServerContext context_;
  reflection::ServerReflectionRequest request_;
  grpc::ServerAsyncReaderWriter<ServerReflectionResponse, ServerReflectionRequest> stream_{
      &context_};
  MemberTag<Talk, &Talk::on_accepted> accepted_tag_{*this};
  MemberTag<Talk, &Talk::on_read> read_tag_{*this};
  MemberTag<Talk, &Talk::on_written> written_tag_{*this};
  MemberTag<Talk, &Talk::on_finished> finished_tag_{*this};
};

void ReflectionService::start(grpc::ServerCompletionQueue& queue, std::function<void()> on_ended) {
  queue_ = &queue;
  on_ended_ = std::move(on_ended);
  new Talk(*this);  // NOLINT(cppcoreguidelines-owning-memory): owns itself
}

}  // namespace cqrs::rpc
