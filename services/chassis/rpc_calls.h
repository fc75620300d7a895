// The unanswered calls of one peer, in order of arrival. An id names one sending of one call: what
// comes for an earlier one finds nothing.
#pragma once

#include "services/api/exchange.pb.h"
#include "services/chassis/http.h"
#include "services/chassis/rpc_client.h"
#include "services/chassis/rpc_thread.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace cqrs::rpc {

namespace api = cqrs::internal::v1;

class Link;

struct OpenCall {
  std::unique_ptr<api::Call> message;  // kept for a second sending; its memory for later calls
  http::Responder responder;
  SteadyTime deadline;
  SteadyTime waits_since;
  std::size_t bytes = 0;
  Link* link = nullptr;  // where it was sent; null while it waits
  Resend resend = Resend::kUnderKey;
  std::uint8_t sendings = 0;

  [[nodiscard]] bool is_read() const {
    return message->method() == api::METHOD_GET || message->method() == api::METHOD_HEAD;
  }
};

class CallTable {
 public:
  static constexpr std::uint64_t kNone = 0;

  // A call with an empty message, behind all others.
  OpenCall& add();
  [[nodiscard]] OpenCall* find(std::uint64_t id);
  // Gives the call a new id.
  void renew(OpenCall& call);
  // Ends the call; its responder must have been used.
  void remove(OpenCall& call);
  // The one that came first; null when there is none.
  [[nodiscard]] OpenCall* oldest();
  [[nodiscard]] std::size_t size() const { return size_; }
  // All ids, in order of arrival.
  [[nodiscard]] std::vector<std::uint64_t> ids() const;

 private:
  static constexpr std::uint32_t kEnd = 0xffffffff;
  struct Slot : OpenCall {
    std::uint32_t place = 0;
    std::uint32_t generation = 0;  // of the id; 0 is never used
    std::uint32_t before = kEnd;
    std::uint32_t after = kEnd;
    bool used = false;
  };
  static void give_id(Slot& slot);

  std::deque<Slot> slots_;  // addresses stay
  std::vector<std::uint32_t> free_;
  std::uint32_t first_ = kEnd;
  std::uint32_t last_ = kEnd;
  std::size_t size_ = 0;
};

}  // namespace cqrs::rpc
