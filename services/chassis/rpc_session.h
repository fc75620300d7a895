// One gateway's stream at the server: reads batches of calls, dispatches them, and writes the
// answers that are ready as one batch. RPC thread only, but for the way in of answers.
#pragma once

#include "services/api/exchange.grpc.pb.h"
#include "services/chassis/rpc_codec.h"
#include "services/chassis/rpc_server.h"
#include "services/chassis/rpc_thread.h"

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <utility>
#include <vector>

namespace cqrs::rpc {

class Session;

// What Responders hold. It survives its stream, and the server.
class AnswerSink final : public http::Responder::Sink,
                         public std::enable_shared_from_this<AnswerSink> {
 public:
  struct Item {
    std::shared_ptr<AnswerSink> sink;
    std::uint64_t id = 0;
    http::Response response;
  };

  AnswerSink(std::shared_ptr<Inbox<Item>> inbox, Session* owner)
      : session(owner), inbox_(std::move(inbox)) {}
  void answer(std::uint64_t slot, http::Response&& response) override;

  Session* session;  // RPC thread only; null once the stream has ended

 private:
  const std::shared_ptr<Inbox<Item>> inbox_;
};

// What the streams of one server share. Written by the RPC thread only; counters read anywhere.
struct SessionContext {
  SessionContext(RpcServerOptions o, const http::Router& r) : options(std::move(o)), router(r) {}

  const RpcServerOptions options;
  const http::Router& router;
  api::Exchange::AsyncService service;
  grpc::ServerCompletionQueue* queue = nullptr;
  std::shared_ptr<Inbox<AnswerSink::Item>> inbox;
  std::list<Session> sessions;  // the last one waits for its client
  std::function<void()> on_ended;
  api::State state = api::STATE_SERVING;
  bool closed = false;  // no further client is awaited
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> call_batches{0};
  std::atomic<std::uint64_t> answers{0};
  std::atomic<std::uint64_t> answer_batches{0};
};

class Session {
 public:
  explicit Session(SessionContext& context);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Waits for the next client, in a session of its own.
  static void await(SessionContext& context);
  [[nodiscard]] bool accepted() const { return sink_ != nullptr; }
  // Tells the client the server's state with the next batch.
  void tell_state();
  // Takes one answer; nothing is written before pump().
  void fill(std::uint64_t id, http::Response&& response);
  // Does everything that is possible now: write, read, end.
  void pump();
  // Ends without the answers that are missing.
  void abandon();

  bool touched = false;  // already in the current round's list

 private:
  struct Ready {
    std::unique_ptr<api::AnswerBatch> batch;
    std::size_t bytes = 0;
  };

  void on_accepted(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);
  void dispatch(api::Call& call);
  void write();
  void read();
  void detach();
  [[nodiscard]] bool full() const;
  // The batch that the next answer goes into.
  [[nodiscard]] Ready& open_batch();

  SessionContext& context_;
  std::list<Session>::iterator place_;
  grpc::ServerContext server_context_;
  grpc::ServerAsyncReaderWriter<api::AnswerBatch, api::CallBatch> stream_;
  std::shared_ptr<AnswerSink> sink_;
  api::CallBatch calls_;     // the one being read
  std::deque<Ready> ready_;  // not yet handed to gRPC
  std::vector<std::unique_ptr<api::AnswerBatch>> spare_;
  std::size_t unanswered_ = 0;
  std::size_t unwritten_ = 0;        // answers in ready_
  std::size_t unwritten_bytes_ = 0;  // roughly
  bool state_due_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool read_all_ = false;  // the client sends nothing more
  bool broken_ = false;
  bool finishing_ = false;
  MemberTag<Session, &Session::on_accepted> accepted_tag_{*this};
  MemberTag<Session, &Session::on_read> read_tag_{*this};
  MemberTag<Session, &Session::on_written> written_tag_{*this};
  MemberTag<Session, &Session::on_finished> finished_tag_{*this};
};

}  // namespace cqrs::rpc
