// Server reflection (grpc.reflection.v1alpha) on the RPC thread, for grpcurl and its like. gRPC's
// own implementation would bring threads that take events away from the one that needs them.
#pragma once

#include "services/api/reflection.grpc.pb.h"
#include "services/chassis/rpc_thread.h"

#include <functional>

namespace cqrs::rpc {

namespace reflection = grpc::reflection::v1alpha;

class ReflectionService {
 public:
  [[nodiscard]] grpc::Service& service() { return service_; }
  // Waits for the first asker. `queue` is the one that the server was built
  // with; `on_ended` runs whenever an asker has gone.
  void start(grpc::ServerCompletionQueue& queue, std::function<void()> on_ended);
  // RPC thread only: whether gRPC holds nothing of ours any more, which is so after its shutdown.
  [[nodiscard]] bool gone() const { return live_ == 0; }

 private:
  class Talk;
  friend class Talk;

  reflection::ServerReflection::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  std::function<void()> on_ended_;
  int live_ = 0;  // askers, awaited ones too
};

}  // namespace cqrs::rpc
