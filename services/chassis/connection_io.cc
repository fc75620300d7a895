// The socket side of a connection: reading, writing, time-outs and the end. What the bytes mean is
// in connection.cc.
#include "services/chassis/connection.h"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cqrs::http {
namespace {

constexpr std::size_t kLingerBytesMax = 1024 * 1024;  // discarded after the last answer
constexpr std::size_t kKeptOutput = 256 * 1024;       // larger buffers are given back

}  // namespace

void Connection::read() {
  if (reading_ || closed_ || peer_done_) return;
  if (!lingering_ && (!accepting_ || full())) return;
  if (!input_) input_.reset(new char[capacity_]);  // not zeroed: pages are touched when used
  if (begin_ > 0) {
    std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  reading_ = true;
  socket_.async_read_some(
      boost::asio::buffer(input_.get() + end_, capacity_ - end_),
      [self = shared_from_this()](const boost::system::error_code& ec, std::size_t bytes) {
        self->on_read(ec, bytes);
      });
}

void Connection::on_read(const boost::system::error_code& ec, std::size_t bytes) {
  reading_ = false;
  if (closed_) return;
  if (ec == boost::asio::error::eof && !lingering_) {
    // The client may have shut down its sending side only: it still gets its answers.
    peer_done_ = true;
    accepting_ = false;
    pump();
    return;
  }
  if (ec) return close();
  if (lingering_) {
    linger_bytes_ += bytes;
    if (linger_bytes_ > kLingerBytesMax) return close();
    return read();
  }
  now_ = last_activity_ = std::chrono::steady_clock::now();
  end_ += bytes;
  pump();
}

// Writes at once what the kernel takes, and waits for the rest: most turns need no wait at all.
void Connection::write() {
  while (!closed_ && !write_waits_) {
    if (writing_.empty()) {
      if (output_.empty()) return;
      writing_.swap(output_);
      written_ = 0;
    }
    boost::system::error_code ec;
    written_ += socket_.write_some(
        boost::asio::buffer(writing_.data() + written_, writing_.size() - written_), ec);
    last_activity_ = std::chrono::steady_clock::now();
    if (ec == boost::asio::error::would_block) {
      write_waits_ = true;
      last_write_ = last_activity_;
      socket_.async_wait(boost::asio::socket_base::wait_write,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           self->on_writable(error);
                         });
    } else if (ec) {
      close();
    } else if (written_ == writing_.size()) {
      writing_.clear();
      written_ = 0;
      if (writing_.capacity() > kKeptOutput) std::string().swap(writing_);
    }
  }
}

void Connection::on_writable(const boost::system::error_code& ec) {
  write_waits_ = false;
  if (closed_) return;
  if (ec) return close();
  pump();
}

void Connection::check_time(SteadyTime now) {
  const ServerOptions& options = context_.options;
  if (lingering_) {
    if (now > linger_until_) close();
    return;
  }
  if (write_waits_) {
    if (now - last_write_ > options.write_timeout) close();
    return;
  }
  // While reading pauses for our own sake, the client's clock stands still.
  if (!reading_) {
    request_started_ = now;
    return;
  }
  if (request_timed_ && now - request_started_ > options.request_timeout) {
    refuse(problem(make_error(ErrorCode::kTimeout,
                              "the request was not complete within " +
                                  std::to_string(options.request_timeout.count()) + " ms"),
                   408));
    pump();
  } else if (!request_timed_ && unanswered() == 0 && now - last_activity_ > options.idle_timeout) {
    begin_shutdown();
  }
}

void Connection::begin_shutdown() {
  if (closed_ || lingering_) return;
  accepting_ = false;
  continue_due_ = false;
  if (unanswered() > 0) slots_.back().close = true;
  pump();
}

void Connection::end_when_done() {
  if (closed_ || lingering_ || accepting_) return;
  if (unanswered() > 0 || !output_.empty() || !writing_.empty()) return;
  if (peer_done_) {
    close();
  } else {
    linger();
  }
}

// Closing with unread input makes the kernel send a reset, which may overtake the last answer and
// destroy it. So: say that we are done, then discard what still comes, for a while.
void Connection::linger() {
  lingering_ = true;
  linger_until_ = std::chrono::steady_clock::now() + context_.linger;
  begin_ = end_ = 0;
  boost::system::error_code ec;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return close();
  read();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  sink_->connection = nullptr;
  const auto open = static_cast<std::uint64_t>(
      std::count_if(slots_.begin() + static_cast<std::ptrdiff_t>(first_), slots_.end(),
                    [](const Slot& slot) { return !slot.ready; }));
  context_.in_flight.fetch_sub(open, std::memory_order_relaxed);
  slots_.clear();
  first_ = 0;
  boost::system::error_code ignored;
  socket_.close(ignored);
  context_.on_closed(*this);
}

}  // namespace cqrs::http
