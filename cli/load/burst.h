// Sends requests as fast as they are answered, without ledger or retries: what measuring needs and
// seeding must not do. The client is the pipelining one that seed uses.
#pragma once

#include "core/events/event.h"
#include "core/workload/generator.h"

#include "cli/load/pipeline_client.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace cqrs::load {

// Writes requests that create entities, or that look like it.
class CreateRequests {
 public:
  explicit CreateRequests(const Endpoint& endpoint);
  // Replaces `bytes` by the request that creates entity `index`; sent to `path` instead of the
  // kind's own when one is given.
  void write(std::string& bytes, const Generator& generator, Kind kind, std::uint64_t index,
             std::string_view path = {});

 private:
  std::string host_;
  std::string body_;
};

struct BurstOptions {
  Endpoint endpoint;
  std::size_t connections = 8;
  std::size_t depth = 64;
  std::uint64_t count = 0;  // requests; 0: as many as fit into `duration`
  std::chrono::nanoseconds duration{};
};

struct BurstResult {
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;  // any other answer, or none
  std::string first_refusal;
  Position last_position = 0;
  double seconds = 0;  // from the first request to the last answer
  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(acknowledged) / seconds : 0;
  }
};

// `write` replaces `bytes` by request `index` (0, 1, 2 …). Ends early when `stop` is set. Error:
// unavailable (no connection).
[[nodiscard]] Result<BurstResult> run_burst(
    const BurstOptions& options,
    const std::function<void(std::uint64_t index, std::string& bytes)>& write,
    const std::atomic<bool>& stop);

}  // namespace cqrs::load
