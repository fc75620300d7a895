// The commands of a seed as HTTP requests, and what the answers say: one request per command, or
// NDJSON batches. Scans answers for the few fields that matter instead of parsing them.
#pragma once

#include "core/events/event.h"
#include "core/workload/generator.h"

#include "cli/load/pipeline_client.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs::load {

// What one command was told.
struct CommandAnswer {
  int status = 0;
  std::int64_t version = 0;
  Position position = 0;
  bool replayed = false;

  [[nodiscard]] bool acknowledged() const { return status == 200 || status == 201; }
  // Nothing is known, or nothing was done: the same key may be sent again. Status 0: no answer.
  [[nodiscard]] bool retryable() const {
    return status >= 500 || status == 408 || status == 429 || status == 0;
  }
};

// Thread-safe but for the buffer of the batch: one per thread.
class SeedWire {
 public:
  SeedWire(const Endpoint& endpoint, const Generator& generator);

  // Replaces `out` by POST /v1/users, /v1/products or /v1/orders.
  void write_single(std::string& out, Kind kind, std::uint64_t index);
  // Collects the lines of one POST /v1/commands:batch.
  void begin_batch() { body_.clear(); }
  void add_to_batch(Kind kind, std::uint64_t index);
  [[nodiscard]] std::size_t batch_bytes() const { return body_.size(); }
  void write_batch(std::string& out) const;
  // GET of the entity, at whatever version it has.
  void write_read(std::string& out, Kind kind, std::uint64_t index) const;

 private:
  void finish(std::string& out) const;

  const Generator& generator_;
  std::string host_;
  std::string body_;
};

// The number behind `name` in an answer of ours; 0 when it is not there.
[[nodiscard]] std::int64_t number_behind(std::string_view text, std::string_view name);
// The answer to a single command.
[[nodiscard]] CommandAnswer single_answer(const Answer& answer);
// The answer to one line of a batch; status 0 when it is not one of ours.
[[nodiscard]] CommandAnswer batch_answer(std::string_view line);
// Whether a refusal says already_exists.
[[nodiscard]] bool says_already_exists(std::string_view text);

}  // namespace cqrs::load
