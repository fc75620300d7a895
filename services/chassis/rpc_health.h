// grpc.health.v1 on the RPC thread. gRPC's own implementation would bring a pool of threads, each
// of which takes events away from the one that needs them.
#pragma once

#include "services/api/health.grpc.pb.h"
#include "services/chassis/rpc_thread.h"

#include <functional>
#include <list>

namespace cqrs::rpc {

namespace health = grpc::health::v1;

class HealthService {
 public:
  [[nodiscard]] grpc::Service& service() { return service_; }
  // Waits for the first asker of each kind. `queue` is the one that the server was built
  // with; `on_ended` runs whenever an asker has gone.
  void start(grpc::ServerCompletionQueue& queue, std::function<void()> on_ended);
  // RPC thread only: whether gRPC holds nothing of ours any more, which is so after its shutdown.
  [[nodiscard]] bool gone() const { return live_ == 0; }
  // RPC thread only.
  void set_serving(bool serving);

 private:
  class Check;
  class Watch;
  friend class Check;
  friend class Watch;

  [[nodiscard]] health::HealthCheckResponse status_of(const std::string& name) const;

  health::Health::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  std::function<void()> on_ended_;
  int live_ = 0;               // askers, awaited ones too
  std::list<Watch*> watches_;  // accepted ones; each owns itself
  bool serving_ = true;
};

}  // namespace cqrs::rpc
