// The connection to one replica: one stream after the other, with a pause that grows between
// attempts. Knows batches, not what is in them; its owner decides what to send. RPC thread only.
#pragma once

#include "services/api/exchange.grpc.pb.h"
#include "services/chassis/rpc_thread.h"

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace cqrs::rpc {

namespace api = cqrs::internal::v1;

class Link {
 public:
  struct Loss {
    std::string reason;
    bool was_connected = false;
    bool first = false;  // since it was connected, or ever
  };
  struct Owner {
    virtual ~Owner() = default;
    virtual void on_answers(Link& link, api::AnswerBatch& batch) = 0;
    // It may have become able to take calls, or a write has ended.
    virtual void on_writable() = 0;
    // The replica has said its first word on a new stream.
    virtual void on_connected(Link& link) = 0;
    // The stream is over: nothing that was sent on it will be answered any more.
    virtual void on_lost(Link& link, const Loss& loss) = 0;
  };

  Link(std::string address, RpcThread& thread, Owner& owner);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  // Connected, and the replica says that it serves.
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] bool writable() const { return ready_ && !writing_; }
  // Nothing of it is with gRPC.
  [[nodiscard]] bool idle() const { return !stream_; }
  // Only when writable(). The batch may be changed afterwards.
  void write(const api::CallBatch& batch);
  // Connects when it is time to, gives up what takes too long; returns when to be called next.
  SteadyTime tick(SteadyTime now);
  // Breaks the stream and connects no more.
  void close();

  std::size_t in_flight = 0;  // the owner's count of unanswered calls sent here

 private:
  // One attempt; a new channel each time, so that no pause but ours delays the next one.
  struct Stream {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<api::Exchange::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientAsyncReaderWriter<api::CallBatch, api::AnswerBatch>> calls;
    grpc::Status status;
  };

  void connect(SteadyTime now);
  void read();
  void on_started(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);
  void take_state(api::State state);
  // Says that no more calls come, once nothing is being written.
  void half_close();
  void finish_when_over();

  const std::string address_;
  RpcThread& thread_;
  Owner& owner_;
  std::unique_ptr<Stream> stream_;
  api::AnswerBatch answers_;
  SteadyTime next_attempt_;
  SteadyTime greeting_limit_ = SteadyTime::max();
  std::chrono::milliseconds pause_;
  int failures_ = 0;  // since it was connected
  bool connected_ = false;
  bool ready_ = false;
  bool writing_ = false;
  bool over_ = false;         // reading has failed: only the status is still to come
  bool draining_ = false;     // the replica wants no more calls on this stream
  bool half_closed_ = false;  // and has been told that none will come
  bool closed_ = false;
  MemberTag<Link, &Link::on_started> started_tag_{*this};
  MemberTag<Link, &Link::on_read> read_tag_{*this};
  MemberTag<Link, &Link::on_written> written_tag_{*this};
  MemberTag<Link, &Link::on_finished> finished_tag_{*this};
};

}  // namespace cqrs::rpc
