#include "services/chassis/rpc_session.h"

#include "services/chassis/log.h"
#include "services/chassis/rpc_limits.h"

#include <exception>
#include <utility>

namespace cqrs::rpc {
namespace {

// What is dispatching on this thread: answers given meanwhile need no detour over the inbox.
thread_local const AnswerSink* dispatching = nullptr;

constexpr std::size_t kSpareBatches = 2;
// Answers that wait for the client to read, before its further calls have to wait.
constexpr std::size_t kUnwrittenBytesMax = 16 * kBatchBytes;

}  // namespace

void AnswerSink::answer(std::uint64_t slot, http::Response&& response) {
  if (dispatching == this) {
    session->fill(slot, std::move(response));
    return;
  }
  Item item{shared_from_this(), slot, std::move(response)};
  inbox_->push(item);
}

Session::Session(SessionContext& context) : context_(context), stream_(&server_context_) {}

void Session::await(SessionContext& context) {
  Session& session = context.sessions.emplace_back(context);
  session.place_ = std::prev(context.sessions.end());
  context.service.RequestExchange(&session.server_context_, &session.stream_, context.queue,
                                  context.queue, session.accepted_tag_.raw());
}

void Session::on_accepted(bool ok) {
  if (!ok) {  // the server stops
    SessionContext& context = context_;
    context.sessions.erase(place_);
    return context.on_ended();
  }
  context_.open.fetch_add(1, std::memory_order_relaxed);
  sink_ = std::make_shared<AnswerSink>(context_.inbox, this);
  if (!context_.closed) await(context_);
  tell_state();
  if (context_.closed) return abandon();
  pump();
}

void Session::tell_state() { state_due_ = true; }

bool Session::full() const {
  return unanswered_ + unwritten_ >= context_.options.unanswered_max ||
         unwritten_bytes_ >= kUnwrittenBytesMax;
}

void Session::read() {
  if (reading_ || read_all_ || broken_ || full()) return;
  reading_ = true;
  stream_.Read(&calls_, read_tag_.raw());
}

void Session::on_read(bool ok) {
  reading_ = false;
  if (!ok) {
    read_all_ = true;
  } else if (!broken_) {
    context_.call_batches.fetch_add(1, std::memory_order_relaxed);
    context_.calls.fetch_add(static_cast<std::uint64_t>(calls_.calls_size()),
                             std::memory_order_relaxed);
    for (api::Call& call : *calls_.mutable_calls()) dispatch(call);
  }
  pump();
}

void Session::dispatch(api::Call& call) {
  const std::uint64_t id = call.id();
  http::Request request = decode_request(call);
  request.received = std::chrono::steady_clock::now();
  ++unanswered_;
  if (!request.body.empty()) {
    const std::size_t limit = context_.router.body_limit(request.method, request.path);
    if (request.body.size() > limit) {
      return fill(id, http::problem(
                          make_error(ErrorCode::kInvalid, "the body exceeds this path's limit of " +
                                                              std::to_string(limit) + " bytes"),
                          413));
    }
  }
  dispatching = sink_.get();
  try {
    context_.router.dispatch(std::move(request), http::Responder(sink_, id));
  } catch (const std::exception& error) {
    // The responder was dropped while unwinding, so the client already has its 500.
    log::error("rpc_handler_threw", {{"what", error.what()}});
  }
  dispatching = nullptr;
}

Session::Ready& Session::open_batch() {
  if (ready_.empty() || ready_.back().bytes >= kBatchBytes) {
    Ready& ready = ready_.emplace_back();
    if (spare_.empty()) {
      ready.batch = std::make_unique<api::AnswerBatch>();
    } else {
      ready.batch = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  return ready_.back();
}

void Session::fill(std::uint64_t id, http::Response&& response) {
  --unanswered_;
  if (broken_) return;
  std::size_t size = rough_size(response);
  if (size > kAnswerBytesMax) {
    response = http::problem(make_error(
        ErrorCode::kInternal, "the answer has " + std::to_string(size) + " bytes, more than the " +
                                  std::to_string(kAnswerBytesMax) + " that one may have"));
    size = rough_size(response);
  }
  Ready& ready = open_batch();
  encode_response(id, std::move(response), *ready.batch->add_answers());
  ready.bytes += size;
  ++unwritten_;
  unwritten_bytes_ += size;
}

void Session::pump() {
  write();
  read();
  if (finishing_ || reading_ || writing_) return;
  if (!broken_ && (!read_all_ || unanswered_ > 0 || !ready_.empty())) return;
  detach();
  finishing_ = true;
  stream_.Finish(grpc::Status::OK, finished_tag_.raw());
}

// One write at a time: what becomes ready meanwhile goes together in the next.
void Session::write() {
  if (writing_ || broken_ || (ready_.empty() && !state_due_)) return;
  if (ready_.empty()) static_cast<void>(open_batch());
  Ready ready = std::move(ready_.front());
  ready_.pop_front();
  api::AnswerBatch& batch = *ready.batch;
  if (std::exchange(state_due_, false)) batch.set_state(context_.state);
  const auto count = static_cast<std::size_t>(batch.answers_size());
  writing_ = true;
  stream_.Write(batch, written_tag_.raw());  // serializes before it returns
  unwritten_ -= count;
  unwritten_bytes_ -= ready.bytes;
  context_.answers.fetch_add(count, std::memory_order_relaxed);
  context_.answer_batches.fetch_add(1, std::memory_order_relaxed);
  if (ready.bytes < kBatchBytes && spare_.size() < kSpareBatches) {
    batch.Clear();
    spare_.push_back(std::move(ready.batch));
  }
}

void Session::on_written(bool ok) {
  writing_ = false;
  if (!ok) broken_ = true;
  pump();
}

void Session::abandon() {
  if (finishing_) return;
  detach();
  broken_ = true;
  server_context_.TryCancel();
  pump();
}

void Session::detach() {
  sink_->session = nullptr;
  ready_.clear();
  unwritten_ = unwritten_bytes_ = 0;
}

void Session::on_finished(bool /*ok*/) {
  context_.open.fetch_sub(1, std::memory_order_relaxed);
  SessionContext& context = context_;
  context.sessions.erase(place_);
  context.on_ended();
}

}  // namespace cqrs::rpc
