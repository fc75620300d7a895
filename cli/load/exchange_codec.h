// The messages of services/api/exchange.proto as a client writes and reads them: an HTTP/1.1
// request becomes a Call, an AnswerBatch becomes answers. Protocol buffers by hand, because the
// library would double the size of the generator for these two messages.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cqrs::load {

enum class ServerState : std::uint8_t { kUnchanged, kServing, kNotServing, kDraining };

// Texts are valid during the callback only.
struct ExchangeAnswer {
  std::uint64_t id = 0;
  int status = 0;
  std::string_view content_type = "application/json";
  std::string_view body;
  std::string_view etag;  // without quotes
  bool replayed = false;
};

// Appends a CallBatch's entry for the request in `http` (one whole HTTP/1.1 request). False: not a
// request; nothing is appended.
[[nodiscard]] bool append_call(std::string& batch, std::uint64_t id, std::string_view http,
                               std::uint32_t deadline_ms);

// False: not an AnswerBatch.
[[nodiscard]] bool read_answers(std::string_view batch,
                                const std::function<void(const ExchangeAnswer&)>& on_answer,
                                ServerState& state);

}  // namespace cqrs::load
