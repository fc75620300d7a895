#include "services/chassis/connection.h"

#include "services/chassis/response_writer.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

namespace cqrs::http {
namespace {

constexpr std::size_t kInputBuffer = 64 * 1024;
constexpr std::size_t kBacklogMax = 1024 * 1024;  // unwritten answers before reading pauses
constexpr std::size_t kCutSlots = 256;            // gathered slots before they are cut off

// What is dispatching on this thread: answers given meanwhile need no detour over the list.
thread_local Connection* dispatching = nullptr;
thread_local const AnswerSink* dispatching_sink = nullptr;

bool is_loopback(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code ec;
  const auto address = socket.remote_endpoint(ec).address();
  if (ec) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

void AnswerSink::answer(std::uint64_t slot, Response&& response) {
  if (dispatching_sink == this) {
    dispatching->fill(slot, std::move(response));
    return;
  }
  completions_->push({shared_from_this(), slot, std::move(response)});
}

Connection::Connection(boost::asio::ip::tcp::socket socket, ServerContext& context)
    : socket_(std::move(socket)),
      context_(context),
      sink_(std::make_shared<AnswerSink>(context.completions, this)),
      parser_(context.router, context.options.header_limit),
      capacity_(std::max(kInputBuffer, 2 * context.options.header_limit)),
      now_(std::chrono::steady_clock::now()),
      request_started_(now_),
      last_activity_(now_),
      last_write_(now_),
      linger_until_(now_),
      from_loopback_(is_loopback(socket_)) {
  boost::system::error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

void Connection::start() { read(); }

void Connection::turn_away() {
  refuse(problem(
      make_error(ErrorCode::kOverloaded, "all " + std::to_string(context_.options.connections_max) +
                                             " connections are taken: reuse connections or raise "
                                             "connections_max")));
  pump();
}

bool Connection::full() const {
  return unanswered() >= context_.options.pipeline_max ||
         output_.size() + writing_.size() - written_ > kBacklogMax;
}

void Connection::pump() {
  if (closed_ || lingering_) return;
  // Answers given during dispatch may make room for the input that was stopped.
  for (;;) {
    const bool stopped = parse_input();
    gather();
    write();
    if (!stopped || full()) break;
  }
  read();
  end_when_done();
}

// True when it stopped for lack of room, with input left.
bool Connection::parse_input() {
  while (accepting_ && begin_ < end_) {
    if (full()) return true;
    std::size_t consumed = 0;
    const auto step = parser_.feed({input_.get() + begin_, end_ - begin_}, consumed);
    begin_ += consumed;
    if (step == RequestParser::Step::kComplete) {
      request_timed_ = false;
      continue_due_ = false;
      dispatch();
      gather();  // now, so that full() sees the size of what was answered at once
    } else if (step == RequestParser::Step::kRefused) {
      Response refusal = std::move(parser_.refusal());
      refuse(std::move(refusal));
    } else {
      if (parser_.started() && !request_timed_) {
        request_timed_ = true;
        request_started_ = now_;
      }
      if (parser_.take_expectation()) continue_due_ = true;
      return false;
    }
  }
  return false;
}

void Connection::dispatch() {
  RequestParser::Message message = parser_.take();
  message.request.received = now_;
  message.request.from_loopback = from_loopback_;
  Slot& slot = slots_.emplace_back();
  slot.request_id = message.request.request_id;
  slot.head = message.request.method == Method::kHead;
  slot.http_1_0 = message.http_1_0;
  if (!message.keep_alive) {
    slot.close = true;
    accepting_ = false;
  }
  context_.requests.fetch_add(1, std::memory_order_relaxed);
  context_.in_flight.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t number = first_slot_ + unanswered() - 1;
  dispatching = this;
  dispatching_sink = sink_.get();
  try {
    context_.router.dispatch(std::move(message.request), Responder(sink_, number));
  } catch (const std::exception& error) {
    // The responder was dropped while unwinding, so the client already has its 500.
    std::fprintf(stderr, "a request handler threw: %s\n", error.what());
  }
  dispatching = nullptr;
  dispatching_sink = nullptr;
}

// Answers on behalf of the server, after everything accepted before, and ends the connection.
void Connection::refuse(Response&& response) {
  accepting_ = false;
  continue_due_ = false;
  Slot& slot = slots_.emplace_back();
  slot.response = std::move(response);
  slot.request_id = choose_request_id(parser_.partial().request_id);
  slot.head = parser_.partial().method == Method::kHead;
  slot.ready = true;
  slot.close = true;
  context_.rejected.fetch_add(1, std::memory_order_relaxed);
}

void Connection::fill(std::uint64_t slot, Response&& response) {
  if (closed_) return;
  CQRS_CHECK(slot >= first_slot_ && slot - first_slot_ < unanswered());
  Slot& place = slots_[first_ + (slot - first_slot_)];
  CQRS_CHECK(!place.ready);
  place.response = std::move(response);
  place.ready = true;
  context_.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

// Serializes every answer whose turn has come.
void Connection::gather() {
  while (first_ < slots_.size() && slots_[first_].ready) {
    Slot& slot = slots_[first_];
    append_response(output_, slot.response,
                    {slot.request_id, slot.head, slot.close, slot.http_1_0 && !slot.close},
                    context_.fixed_headers);
    slot = Slot{};
    ++first_;
    ++first_slot_;
  }
  if (first_ == slots_.size()) {
    slots_.clear();
    first_ = 0;
    if (continue_due_) {
      // An interim answer must not overtake the final answers of earlier requests.
      output_ += "HTTP/1.1 100 Continue\r\n\r\n";
      continue_due_ = false;
    }
  } else if (first_ >= kCutSlots) {
    slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace cqrs::http
