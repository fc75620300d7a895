// What becomes of the calls of one role: which replica they go to, and what they are answered when
// that fails. RPC thread only, but for the way in.
#pragma once

#include "services/chassis/rpc_calls.h"
#include "services/chassis/rpc_client.h"
#include "services/chassis/rpc_link.h"
#include "services/chassis/rpc_thread.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cqrs::rpc {

class Peer final : public RpcPeer, private Link::Owner, private RpcThread::Clocked {
 public:
  Peer(RpcPeerOptions options, std::vector<std::string> addresses,
       std::shared_ptr<RpcThread> thread);
  ~Peer() override;

  void call(http::Request&& request, http::Responder&& responder, Resend resend) override;
  [[nodiscard]] RpcPeerCounters counters() const override;

 private:
  struct Incoming {
    http::Request request;
    http::Responder responder;
    SteadyTime at;
    std::size_t bytes = 0;
    Resend resend = Resend::kUnderKey;
  };

  void on_answers(Link& link, api::AnswerBatch& batch) override;
  void on_writable() override { send(); }
  void on_connected(Link& link) override;
  void on_lost(Link& link, const Link::Loss& loss) override;
  SteadyTime tick(SteadyTime now) override;

  void take_incoming();
  void send();
  [[nodiscard]] Link* least_busy();
  void fill_batch(Link& link, SteadyTime now);
  // What was sent on a broken stream.
  void settle_lost(OpenCall& call, SteadyTime now);
  void give_up_old(SteadyTime now);
  void give_up_without_replica(SteadyTime now);
  [[nodiscard]] bool any_ready() const;
  void note_ready();
  void answer(OpenCall& call, http::Response&& response);
  void refuse(OpenCall& call, ErrorCode code, const std::string& message);
  void begin_close();
  void note_closed();

  const RpcPeerOptions options_;
  const std::shared_ptr<RpcThread> thread_;
  Inbox<Incoming> inbox_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Incoming> taken_;  // kept for its memory
  CallTable calls_;
  std::deque<std::uint64_t> waiting_;  // ids; those of calls that were given up are passed over
  api::CallBatch batch_;
  std::size_t turn_ = 0;  // where the search for the least busy one begins
  bool closing_ = false;

  std::atomic<std::size_t> unanswered_{0};
  std::atomic<std::size_t> unanswered_bytes_{0};
  std::atomic<std::uint64_t> ready_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> lost_{0};

  std::mutex closed_mutex_;
  std::condition_variable closed_changed_;
  bool closed_ = false;
};

}  // namespace cqrs::rpc
