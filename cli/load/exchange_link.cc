#include "cli/load/exchange_link.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cqrs::load {
namespace {

constexpr std::string_view kMethod = "/cqrs.internal.v1.Exchange/Exchange";
constexpr std::size_t kBatchCalls = 512;  // as the gateway does
constexpr std::size_t kBatchBytes = 1024UL * 1024;
constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{1000};
constexpr std::chrono::milliseconds kGreeting{5000};

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

ExchangeLink::ExchangeLink(std::string role, const Endpoint& endpoint,
                           std::chrono::milliseconds timeout, ClientRun& run)
    : role_(std::move(role)),
      endpoint_(endpoint),
      timeout_(timeout),
      run_(run),
      pause_(kPauseMin),
      now_(clock_now()),
      wake_(now_) {}

void ExchangeLink::start() {
  const auto addresses = resolve(endpoint_);
  if (!addresses.ok()) return run_.fail(addresses.error());
  address_ = addresses->front();
  connect();
}

void ExchangeLink::connect() {
  state_ = State::kConnecting;
  draining_ = false;
  now_ = clock_now();
  wake_ = now_ + kGreeting;
  auto socket = begin_connect(address_);
  if (!socket.ok()) return lose(socket.error().message);
  stream_ = open_plain(std::move(*socket));
  wire_ = std::make_unique<Http2Stream>(authority(endpoint_), kMethod);
  write_waits_ = true;
  if (!run_.reactor().add(stream_->descriptor(), *this, true)) lose(std::strerror(errno));
}

void ExchangeLink::on_events(bool readable, bool writable) {
  if (state_ == State::kDown) return;
  if (state_ == State::kConnecting) {
    const std::string reason = connect_error(stream_->descriptor());
    if (!reason.empty()) return lose(reason);
    state_ = State::kGreeted;
  }
  if (writable) watch_writable(false);
  if (readable) read();
  pump();
}

void ExchangeLink::read() {
  const Stream::Moved moved = stream_->read(run_.input(), kClientInput);
  now_ = clock_now();
  if (moved.step == Stream::Step::kWantRead) return;
  if (moved.step == Stream::Step::kClosed) return lose("it closed the connection");
  if (moved.step != Stream::Step::kDone) return lose(std::strerror(errno));
  bool understood = true;
  const bool goes_on = wire_->feed({run_.input(), moved.bytes}, [&](std::string_view message) {
    ServerState state = ServerState::kUnchanged;
    understood =
        understood && read_answers(
                          message, [this](const auto& answer) { take_answer(answer); }, state);
    take_state(state);
  });
  if (!goes_on) return lose(wire_->problem());
  if (!understood) lose("its answer is not of the exchange");
}

void ExchangeLink::take_state(ServerState state) {
  if (state == ServerState::kUnchanged) return;
  draining_ = draining_ || state == ServerState::kDraining;
  state_ = state == ServerState::kServing && !draining_ ? State::kServing : State::kGreeted;
  if (state_ != State::kServing) return;
  was_serving_ = true;
  pause_ = kPauseMin;
  wake_ = SteadyTime::max();
}

void ExchangeLink::take_answer(const ExchangeAnswer& answer) {
  const auto found = calls_.find(answer.id);
  if (found == calls_.end()) return;  // it came after its time was over
  Answer out;
  out.tag = found->second.tag;
  out.status = answer.status;
  out.body = answer.body;
  out.content_type = answer.content_type;
  out.etag = answer.etag;
  out.replayed = answer.replayed;
  out.scheduled = found->second.scheduled;
  out.sent = found->second.sent;
  out.completed = now_;
  calls_.erase(found);
  run_.report(out);
}

void ExchangeLink::add(Prepared&& request) {
  waiting_.push_back({std::move(request), clock_now()});
}

void ExchangeLink::pump() {
  if (state_ == State::kDown || state_ == State::kConnecting) return;
  flush();
  // It answers what it has read, and waits for us to go.
  if (draining_ && calls_.empty()) return lose("it stops");
  while (state_ == State::kServing && !waiting_.empty() && wire_->output().empty() &&
         wire_->may_send()) {
    send_batch();
    flush();
  }
}

// From here on every call in the batch may have been carried out.
void ExchangeLink::send_batch() {
  batch_.clear();
  now_ = clock_now();
  const auto deadline = static_cast<std::uint32_t>(timeout_.count());
  for (std::size_t i = 0; i < kBatchCalls && !waiting_.empty() && batch_.size() < kBatchBytes;
       ++i) {
    const Prepared& request = waiting_.front().request;
    const std::uint64_t id = next_id_++;
    calls_[id] = {request.tag, request.scheduled, now_};
    sent_.emplace_back(id, now_);
    if (!append_call(batch_, id, request.bytes, deadline)) {
      report(calls_[id], Transport::kRefused);
      calls_.erase(id);
      run_.fail(invalid("bytes", "not an HTTP/1.1 request: " + request.bytes.substr(0, 80)));
    }
    waiting_.pop_front();
  }
  wire_->send(batch_);
}

void ExchangeLink::flush() {
  std::string& output = wire_->output();
  while (!output.empty() && !write_waits_) {
    const Stream::Moved moved = stream_->write(output.data(), output.size());
    output.erase(0, moved.bytes);
    if (moved.step == Stream::Step::kWantWrite) return watch_writable(true);
    if (moved.step != Stream::Step::kDone) return lose(std::strerror(errno));
  }
}

void ExchangeLink::watch_writable(bool writable) {
  if (write_waits_ == writable) return;
  write_waits_ = writable;
  run_.reactor().watch_writable(stream_->descriptor(), *this, writable);
}

void ExchangeLink::lose(const std::string& reason) {
  if (state_ == State::kDown) return;
  state_ = State::kDown;
  now_ = clock_now();
  wake_ = now_ + pause_;
  pause_ = std::min(2 * pause_, kPauseMax);
  stream_.reset();
  write_waits_ = false;
  report_unknown();
  if (was_serving_) return;
  run_.fail(make_error(ErrorCode::kUnavailable,
                       "cannot reach the " + role_ + " role over gRPC at " + show(endpoint_) +
                           ": " + reason + ": is it the rpc_port of a running role?"));
}

void ExchangeLink::report(const Call& call, Transport transport) {
  Answer answer;
  answer.tag = call.tag;
  answer.transport = transport;
  answer.scheduled = call.scheduled;
  if (transport != Transport::kRefused) answer.sent = call.sent;
  answer.completed = now_;
  run_.report(answer);
}

void ExchangeLink::report_unknown() {
  for (const auto& [id, call] : std::exchange(calls_, {})) report(call, Transport::kUnknown);
  sent_.clear();
}

void ExchangeLink::check_time(SteadyTime now) {
  now_ = now;
  while (!sent_.empty() && now - sent_.front().second > timeout_) {
    const auto found = calls_.find(sent_.front().first);
    sent_.pop_front();
    if (found == calls_.end()) continue;
    const Call call = found->second;
    calls_.erase(found);
    report(call, Transport::kTimeout);
  }
  while (!sent_.empty() && !calls_.contains(sent_.front().first)) sent_.pop_front();
  while (!waiting_.empty() && now - waiting_.front().since > timeout_) {
    const Prepared& request = waiting_.front().request;
    const Call call{request.tag, request.scheduled, {}};
    waiting_.pop_front();
    report(call, Transport::kRefused);
  }
  if (now < wake_) return;
  if (state_ == State::kDown) return connect();
  if (!was_serving_ || state_ == State::kConnecting) lose("it does not say that it serves");
}

void ExchangeLink::abandon() {
  now_ = clock_now();
  state_ = State::kDown;
  stream_.reset();
  report_unknown();
  for (const Waiting& one : std::exchange(waiting_, {})) {
    report({one.request.tag, one.request.scheduled, {}}, Transport::kRefused);
  }
}

}  // namespace cqrs::load
