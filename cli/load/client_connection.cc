#include "cli/load/client_connection.h"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cqrs::load {
namespace {

using boost::system::error_code;

constexpr std::size_t kInputBuffer = 128 * 1024;
constexpr std::size_t kStagedMax = 1024 * 1024;
constexpr std::chrono::milliseconds kBackoffMin{50};
constexpr std::chrono::milliseconds kBackoffMax{1000};
constexpr std::chrono::milliseconds kConnectMax{5000};

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

ClientConnection::ClientConnection(boost::asio::io_context& io,
                                   const boost::asio::ip::tcp::endpoint& endpoint,
                                   const ClientOptions& options, ClientRun& run)
    : endpoint_(endpoint),
      options_(options),
      run_(run),
      socket_(io),
      pause_(io),
      input_(new char[kInputBuffer]),  // not zeroed: pages are touched when used
      backoff_(kBackoffMin),
      now_(clock_now()),
      down_since_(now_) {}

void ClientConnection::connect() {
  state_ = State::kConnecting;
  now_ = clock_now();
  pause_.expires_after(std::min(options_.timeout, kConnectMax));
  pause_.async_wait([this, generation = generation_](const error_code& ec) {
    if (ec || generation != generation_ || state_ != State::kConnecting) return;
    fail_connect("no answer to the connection attempt");
  });
  socket_.async_connect(endpoint_, [this, generation = generation_](const error_code& ec) {
    if (generation == generation_) on_connect(ec);
  });
}

void ClientConnection::on_connect(const error_code& ec) {
  if (ec) return fail_connect(ec.message());
  pause_.cancel();
  error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  state_ = State::kUp;
  now_ = clock_now();
  for (Entry& entry : entries_) entry.sent = now_;
  run_.connected();
  write();
  fill(options_.depth);
  if (state_ == State::kUp) read();
}

void ClientConnection::fail_connect(const std::string& reason) {
  ++generation_;
  state_ = State::kDown;
  error_code ignored;
  socket_.close(ignored);
  now_ = clock_now();
  if (now_ - down_since_ > options_.timeout) refuse_all();
  reconnect_later();
  run_.connect_failed(reason);
}

void ClientConnection::reconnect_later() {
  pause_.expires_after(backoff_);
  pause_.async_wait([this, generation = generation_](const error_code& ec) {
    if (!ec && generation == generation_ && state_ == State::kDown) connect();
  });
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
}

// The server has been away for longer than a request may take. While all connections are down, new
// requests are refused too, so that a run against a dead server comes to its end.
void ClientConnection::refuse_all() {
  while (!entries_.empty()) report_front(Transport::kRefused);
  output_.clear();
  written_ = 0;
  accepted_ = staged_ = 0;
  for (std::size_t i = 0; i < options_.depth && run_.all_down() && run_.pull(scratch_); ++i) {
    Answer answer;
    answer.tag = scratch_.tag;
    answer.transport = Transport::kRefused;
    answer.scheduled = scratch_.scheduled;
    answer.completed = now_;
    run_.report(answer);
  }
}

std::size_t ClientConnection::fill(std::size_t quantum) {
  std::size_t taken = 0;
  if (state_ != State::kUp && !run_.all_down()) return taken;
  while (taken < quantum && entries_.size() < options_.depth && output_.size() < kStagedMax &&
         run_.pull(scratch_)) {
    stage(scratch_);
    ++taken;
  }
  if (taken > 0) write();
  return taken;
}

void ClientConnection::stage(Prepared& request) {
  entries_.push_back(
      {request.tag, staged_, request.scheduled, now_, request.bytes.starts_with("HEAD ")});
  output_ += request.bytes;
  staged_ += request.bytes.size();
}

// Synchronous on purpose: after a break it must be known to the byte what the kernel has taken.
void ClientConnection::write() {
  while (state_ == State::kUp && !write_waits_ && !output_.empty()) {
    error_code ec;
    const std::size_t bytes = socket_.write_some(
        boost::asio::buffer(output_.data() + written_, output_.size() - written_), ec);
    written_ += bytes;
    accepted_ += bytes;
    if (ec == boost::asio::error::would_block) {
      write_waits_ = true;
      socket_.async_wait(boost::asio::socket_base::wait_write,
                         [this, generation = generation_](const error_code& error) {
                           if (generation != generation_) return;
                           write_waits_ = false;
                           if (error) return lose();
                           write();
                         });
    } else if (ec) {
      lose();
    } else if (written_ == output_.size()) {
      output_.clear();
      written_ = 0;
    }
  }
}

void ClientConnection::read() {
  if (begin_ > 0) {
    std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  socket_.async_read_some(
      boost::asio::buffer(input_.get() + end_, kInputBuffer - end_),
      [this, generation = generation_](const error_code& ec, std::size_t bytes) {
        if (generation == generation_) on_read(ec, bytes);
      });
}

void ClientConnection::on_read(const error_code& ec, std::size_t bytes) {
  now_ = clock_now();
  if (ec) {
    if (ec == boost::asio::error::eof && !entries_.empty() &&
        parser_.end_of_stream() == ResponseParser::Step::kComplete) {
      answer_front(parser_.response());
    }
    return lose();
  }
  end_ += bytes;
  if (!parse_input()) return;
  fill(options_.depth);
  if (state_ == State::kUp) read();
}

bool ClientConnection::parse_input() {
  while (begin_ < end_) {
    // Bytes that answer nothing we sent: no later answer could be trusted to be in step.
    if (entries_.empty() || entries_.front().begin >= accepted_) {
      lose();
      return false;
    }
    std::size_t consumed = 0;
    const auto step =
        parser_.feed({input_.get() + begin_, end_ - begin_}, entries_.front().head, consumed);
    begin_ += consumed;
    if (step == ResponseParser::Step::kNeedMore) return true;
    const bool answered = step == ResponseParser::Step::kComplete;
    if (answered) answer_front(parser_.response());
    if (!answered || !parser_.response().keep_alive) {
      lose();
      return false;
    }
  }
  return true;
}

void ClientConnection::answer_front(const ResponseView& response) {
  const Entry entry = entries_.front();
  entries_.pop_front();
  backoff_ = kBackoffMin;  // the server is alive, not merely its listener
  Answer answer;
  answer.tag = entry.tag;
  answer.status = response.status;
  answer.body = response.body;
  answer.etag = response.etag;
  answer.replayed = response.replayed;
  answer.scheduled = entry.scheduled;
  answer.completed = now_;
  run_.report(answer);
}

void ClientConnection::report_front(Transport transport) {
  const Entry entry = entries_.front();
  entries_.pop_front();
  Answer answer;
  answer.tag = entry.tag;
  answer.transport = transport;
  answer.scheduled = entry.scheduled;
  answer.completed = now_;
  run_.report(answer);
}

// Gives the connection up: what the kernel has taken a byte of is unknown, the rest goes out on the
// next connection.
void ClientConnection::lose() {
  if (state_ != State::kUp) return;
  ++generation_;
  state_ = State::kDown;
  error_code ignored;
  socket_.close(ignored);
  write_waits_ = false;
  begin_ = end_ = 0;
  parser_.reset();
  down_since_ = now_ = clock_now();
  run_.disconnected();
  output_.erase(0, written_);  // output_ now begins at stream offset accepted_
  written_ = 0;
  while (!entries_.empty() && entries_.front().begin < accepted_) {
    report_front(Transport::kUnknown);
  }
  const std::uint64_t base = entries_.empty() ? staged_ : entries_.front().begin;
  output_.erase(0, base - accepted_);
  for (Entry& entry : entries_) entry.begin -= base;
  staged_ -= base;
  accepted_ = 0;
  reconnect_later();
}

void ClientConnection::check_time(SteadyTime now) {
  now_ = now;
  if (state_ == State::kUp && !entries_.empty() && now - entries_.front().sent > options_.timeout) {
    lose();
  }
}

void ClientConnection::abandon() {
  now_ = clock_now();
  ++generation_;
  state_ = State::kDown;
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
  while (!entries_.empty()) {
    const bool sent = entries_.front().begin < accepted_;
    report_front(sent ? Transport::kUnknown : Transport::kRefused);
  }
}

}  // namespace cqrs::load
