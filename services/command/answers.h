// Outcomes of commands as HTTP answers.
#pragma once

#include "services/chassis/http.h"
#include "services/command/committer.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cqrs {

// 201 or 200 with {"id","version","position"}, ETag, CQRS-Position, Location; a problem otherwise.
// `with_if_match`: a version conflict is the failed precondition of HTTP, 412.
[[nodiscard]] http::Response answer_of(const Outcome& outcome, bool with_if_match);

// Answers one request with one outcome.
class SingleReply final : public Reply {
 public:
  SingleReply(http::Responder responder, bool with_if_match)
      : responder_(std::move(responder)), with_if_match_(with_if_match) {}
  void deliver(std::size_t index, Outcome&& outcome) override;

 private:
  http::Responder responder_;
  bool with_if_match_;
};

// Collects the outcomes of a batch and answers with one NDJSON line per command, in their order.
class BatchReply final : public Reply {
 public:
  BatchReply(http::Responder responder, std::size_t lines);
  // Lines that never became a command are set before anything is submitted. Thread-safe.
  void deliver(std::size_t index, Outcome&& outcome) override;
  void refuse(std::size_t index, const Error& error, int status);

 private:
  void set(std::size_t index, std::string line);

  http::Responder responder_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::size_t missing_;
};

}  // namespace cqrs
