#include "cli/load/client_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cqrs::load {
namespace {

constexpr std::size_t kStagedMax = 1024UL * 1024;
constexpr std::chrono::milliseconds kBackoffMin{50};
constexpr std::chrono::milliseconds kBackoffMax{1000};
constexpr std::chrono::milliseconds kConnectMax{5000};
constexpr std::string_view kRunning = ": is the server running?";

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

ClientConnection::ClientConnection(const ClientOptions& options, ClientRun& run)
    : options_(options),
      run_(run),
      backoff_(kBackoffMin),
      now_(clock_now()),
      down_since_(now_),
      wake_(now_) {}

void ClientConnection::connect() {
  state_ = State::kConnecting;
  now_ = clock_now();
  wake_ = now_ + std::min(options_.timeout, kConnectMax);
  auto stream = run_.open_stream();
  if (!stream.ok()) return fail_connect(stream.error().message);
  stream_ = std::move(*stream);
  write_waits_ = true;
  if (!run_.reactor().add(stream_->descriptor(), *this, true)) {
    fail_connect(std::strerror(errno));
  }
}

void ClientConnection::on_events(bool readable, bool writable) {
  if (state_ == State::kConnecting) {
    now_ = clock_now();
    const std::string reason = connect_error(stream_->descriptor());
    if (!reason.empty()) return fail_connect(reason + std::string(kRunning));
    state_ = State::kHandshaking;
    handshake();
  } else if (state_ == State::kHandshaking) {
    now_ = clock_now();
    handshake();
  } else if (state_ == State::kUp) {
    if (writable && write_waits_) {
      watch_writable(false);
      write();
    }
    if (readable && state_ == State::kUp) read();
    if (state_ == State::kUp) run_.ready(*this);
  }
}

void ClientConnection::handshake() {
  const Stream::Step step = stream_->handshake();
  if (step == Stream::Step::kDone) return on_connected();
  if (step == Stream::Step::kWantRead) return watch_writable(false);
  if (step == Stream::Step::kWantWrite) return watch_writable(true);
  const std::string problem = stream_->problem();
  fail_connect(problem.empty() ? "the connection was closed at once" : problem);
}

void ClientConnection::on_connected() {
  state_ = State::kUp;
  watch_writable(false);
  run_.connected();
  write();
  if (state_ == State::kUp) run_.ready(*this);
}

void ClientConnection::fail_connect(const std::string& reason) {
  close();
  state_ = State::kDown;
  now_ = clock_now();
  wake_ = now_ + backoff_;
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
  if (now_ - down_since_ > options_.timeout) refuse_all();
  run_.connect_failed(*this, reason);
}

void ClientConnection::close() {
  stream_.reset();
  write_waits_ = false;
  rest_.clear();
  parser_.reset();
}

// The server has been away for longer than a request may take. While all connections are down, new
// requests are refused too, so that a run against a dead server comes to its end.
void ClientConnection::refuse_all() {
  while (!entries_.empty()) report_front(Transport::kRefused);
  output_.clear();
  written_ = 0;
  accepted_ = exposed_ = staged_ = 0;
  if (options_.on_demand) return;
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

void ClientConnection::send(Prepared& request) {
  stage(request);
  write();
}

void ClientConnection::stage(const Prepared& request) {
  entries_.push_back(
      {request.tag, staged_, request.scheduled, {}, request.bytes.starts_with("HEAD ")});
  ++unsent_;
  output_ += request.bytes;
  staged_ += request.bytes.size();
}

void ClientConnection::watch_writable(bool writable) {
  if (write_waits_ == writable) return;
  write_waits_ = writable;
  run_.reactor().watch_writable(stream_->descriptor(), *this, writable);
}

// Synchronous on purpose: after a break it must be known to the byte what may have left.
void ClientConnection::write() {
  while (state_ == State::kUp && !write_waits_ && !output_.empty()) {
    now_ = clock_now();
    const Stream::Moved moved =
        stream_->write(output_.data() + written_, output_.size() - written_);
    exposed_ = std::max(exposed_, accepted_ + moved.exposed);
    written_ += moved.bytes;
    accepted_ += moved.bytes;
    while (unsent_ > 0 && entries_[entries_.size() - unsent_].begin < exposed_) {
      entries_[entries_.size() - unsent_--].sent = now_;
    }
    if (moved.step == Stream::Step::kWantWrite) {
      watch_writable(true);
    } else if (moved.step == Stream::Step::kWantRead) {
      return;  // what arrives is read first, and then written on
    } else if (moved.step != Stream::Step::kDone) {
      lose();
    } else if (written_ == output_.size()) {
      output_.clear();
      written_ = 0;
    }
  }
}

void ClientConnection::read() {
  char* const input = run_.input();
  do {
    const std::size_t held = rest_.size();
    if (held >= kClientInput) return lose();  // no head of an answer is that long
    if (held > 0) std::memcpy(input, rest_.data(), held);
    const Stream::Moved moved = stream_->read(input + held, kClientInput - held);
    now_ = clock_now();
    if (moved.step == Stream::Step::kWantWrite) watch_writable(true);
    if (moved.step == Stream::Step::kWantRead || moved.step == Stream::Step::kWantWrite) break;
    if (moved.step != Stream::Step::kDone) {
      if (moved.step == Stream::Step::kClosed && !entries_.empty() &&
          parser_.end_of_stream() == ResponseParser::Step::kComplete) {
        answer_front(parser_.response());
      }
      return lose();
    }
    if (!parse({input, held + moved.bytes})) return;
  } while (stream_->holds_input());
  write();
}

bool ClientConnection::parse(std::string_view bytes) {
  while (!bytes.empty()) {
    // Bytes that answer nothing we sent: no later answer could be trusted to be in step.
    if (entries_.empty() || entries_.front().begin >= exposed_) {
      lose();
      return false;
    }
    std::size_t consumed = 0;
    const auto step = parser_.feed(bytes, entries_.front().head, consumed);
    bytes.remove_prefix(consumed);
    if (step == ResponseParser::Step::kNeedMore) break;
    const bool answered = step == ResponseParser::Step::kComplete;
    if (answered) answer_front(parser_.response());
    if (!answered || !parser_.response().keep_alive) {
      lose();
      return false;
    }
  }
  rest_.assign(bytes);
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
  answer.content_type = response.content_type;
  answer.etag = response.etag;
  answer.replayed = response.replayed;
  answer.scheduled = entry.scheduled;
  answer.sent = entry.sent;
  answer.completed = now_;
  run_.report(answer);
}

void ClientConnection::report_front(Transport transport) {
  const Entry entry = entries_.front();
  entries_.pop_front();
  unsent_ = std::min(unsent_, entries_.size());
  Answer answer;
  answer.tag = entry.tag;
  answer.transport = transport;
  answer.scheduled = entry.scheduled;
  answer.sent = entry.sent;
  answer.completed = now_;
  run_.report(answer);
}

// Gives the connection up: what may have left is unknown (or `late`, where its time is over), the
// rest goes out on the next connection.
void ClientConnection::lose(Transport late) {
  if (state_ != State::kUp) return;
  close();
  state_ = State::kDown;
  down_since_ = now_ = clock_now();
  wake_ = now_ + backoff_;
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
  while (!entries_.empty() && entries_.front().begin < exposed_) {
    const bool over = now_ - entries_.front().sent > options_.timeout;
    report_front(over ? late : Transport::kUnknown);
  }
  const std::uint64_t base = entries_.empty() ? staged_ : entries_.front().begin;
  output_.erase(0, written_ + (base - accepted_));
  written_ = 0;
  for (Entry& entry : entries_) entry.begin -= base;
  staged_ -= base;
  accepted_ = exposed_ = 0;
  if (options_.on_demand) return_unsent();
  run_.disconnected(*this);
}

void ClientConnection::return_unsent() {
  while (!entries_.empty()) {
    const Entry& last = entries_.back();
    run_.give_back({last.tag, output_.substr(last.begin), last.scheduled});
    output_.resize(last.begin);
    entries_.pop_back();
  }
  staged_ = unsent_ = 0;
}

void ClientConnection::check_time(SteadyTime now) {
  now_ = now;
  if (state_ == State::kUp) {
    const bool sent = entries_.size() > unsent_;
    if (sent && now - entries_.front().sent > options_.timeout) lose(Transport::kTimeout);
  } else if (state_ != State::kDown) {
    if (now >= wake_) fail_connect("no answer to the connection attempt" + std::string(kRunning));
  } else if (now >= wake_ && !options_.on_demand) {
    connect();
  }
}

void ClientConnection::abandon() {
  now_ = clock_now();
  close();
  state_ = State::kDown;
  while (!entries_.empty()) {
    const bool sent = entries_.front().begin < exposed_;
    report_front(sent ? Transport::kUnknown : Transport::kRefused);
  }
}

}  // namespace cqrs::load
