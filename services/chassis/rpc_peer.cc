#include "services/chassis/rpc_peer.h"

#include "services/chassis/log.h"
#include "services/chassis/rpc_codec.h"
#include "services/chassis/rpc_limits.h"

#include <algorithm>
#include <utility>

namespace cqrs::rpc {
namespace {

constexpr auto kOrder = std::memory_order_relaxed;
constexpr int kSendingsMax = 2;

}  // namespace

Peer::Peer(RpcPeerOptions options, std::vector<std::string> addresses,
           std::shared_ptr<RpcThread> thread)
    : options_(std::move(options)),
      thread_(std::move(thread)),
      inbox_(thread_->queue(), [this] { take_incoming(); }) {
  Link::Owner& owner = *this;
  for (std::string& address : addresses) {
    links_.push_back(std::make_unique<Link>(std::move(address), *thread_, owner));
  }
  thread_->post([this] {
    thread_->add(*this);
    thread_->tick_at({});  // at once: it connects
  });
}

Peer::~Peer() {
  inbox_.close();
  thread_->post([this] { begin_close(); });
  std::unique_lock lock(closed_mutex_);
  closed_changed_.wait(lock, [this] { return closed_; });
}

void Peer::call(http::Request&& request, http::Responder&& responder, Resend resend) {
  const std::size_t bytes = rough_size(request);
  if (bytes > kCallBytesMax) {
    return responder(http::problem(
        make_error(ErrorCode::kInvalid, "the request has more than the " +
                                            std::to_string(kCallBytesMax) + " bytes it may have"),
        413));
  }
  const std::size_t before = unanswered_.fetch_add(1, kOrder);
  const std::size_t bytes_before = unanswered_bytes_.fetch_add(bytes, kOrder);
  const bool room = before < options_.calls_max && bytes_before < options_.bytes_max;
  // The inbox leaves what it does not take.
  Incoming incoming{std::move(request), std::move(responder), std::chrono::steady_clock::now(),
                    bytes, resend};
  if (room && inbox_.push(incoming)) return;
  unanswered_.fetch_sub(1, kOrder);
  unanswered_bytes_.fetch_sub(bytes, kOrder);
  const Error error =
      room ? make_error(ErrorCode::kUnavailable, "this gateway stops: ask another one")
           : make_error(ErrorCode::kOverloaded,
                        "too many requests wait for the " + options_.role + " role (limit " +
                            std::to_string(options_.calls_max) + "): send more slowly");
  incoming.responder(http::problem(error));
}

RpcPeerCounters Peer::counters() const {
  return {ready_.load(kOrder), unanswered_.load(kOrder), sent_.load(kOrder), batches_.load(kOrder),
          lost_.load(kOrder)};
}

void Peer::take_incoming() {
  inbox_.take(taken_);
  for (Incoming& incoming : taken_) {
    OpenCall& call = calls_.add();
    encode_request(std::move(incoming.request), *call.message);
    calls_.renew(call);
    call.responder = std::move(incoming.responder);
    call.waits_since = incoming.at;
    call.deadline = incoming.at + options_.deadline;
    call.bytes = incoming.bytes;
    call.resend = incoming.resend;
    waiting_.push_back(call.message->id());
  }
  taken_.clear();
  send();
  if (OpenCall* oldest = calls_.oldest()) thread_->tick_at(oldest->deadline);
}

Link* Peer::least_busy() {
  Link* best = nullptr;
  ++turn_;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = *links_[(turn_ + i) % links_.size()];
    if (link.writable() && (best == nullptr || link.in_flight < best->in_flight)) best = &link;
  }
  return best;
}

// Each replica takes one batch at a time; what comes while all are writing goes together in the
// next.
void Peer::send() {
  note_ready();
  while (!waiting_.empty()) {
    Link* link = least_busy();
    const auto now = std::chrono::steady_clock::now();
    if (link == nullptr) return thread_->tick_at(now + options_.grace);
    fill_batch(*link, now);
    const int count = batch_.calls_size();
    if (count == 0) return;
    link->write(batch_);
    sent_.fetch_add(static_cast<std::uint64_t>(count), kOrder);
    batches_.fetch_add(1, kOrder);
    // The messages belong to their calls, not to the batch.
    batch_.mutable_calls()->UnsafeArenaExtractSubrange(0, count, nullptr);
  }
}

void Peer::fill_batch(Link& link, SteadyTime now) {
  std::size_t bytes = 0;
  while (!waiting_.empty() && bytes < kBatchBytes && batch_.calls_size() < kBatchCalls) {
    OpenCall* call = calls_.find(waiting_.front());
    waiting_.pop_front();
    if (call == nullptr) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call->deadline - now);
    call->message->set_deadline_ms(
        static_cast<std::uint32_t>(std::max<std::int64_t>(left.count(), 1)));
    call->link = &link;
    ++call->sendings;
    ++link.in_flight;
    bytes += call->bytes;
    batch_.mutable_calls()->UnsafeArenaAddAllocated(call->message.get());
  }
}

void Peer::on_answers(Link& link, api::AnswerBatch& batch) {
  for (api::Answer& got : *batch.mutable_answers()) {
    OpenCall* call = calls_.find(got.id());
    // Given up, or never sent there: a replica cannot answer for another one.
    if (call == nullptr || call->link != &link) continue;
    answer(*call, decode_response(got));
  }
}

void Peer::answer(OpenCall& call, http::Response&& response) {
  if (call.link != nullptr) --call.link->in_flight;
  unanswered_.fetch_sub(1, kOrder);
  unanswered_bytes_.fetch_sub(call.bytes, kOrder);
  http::Responder responder = std::move(call.responder);
  calls_.remove(call);
  responder(std::move(response));
}

void Peer::refuse(OpenCall& call, ErrorCode code, const std::string& message) {
  answer(call, http::problem(make_error(code, message)));
}

void Peer::on_connected(Link& link) {
  log::info("rpc_replica_connected", {{"role", options_.role}, {"address", link.address()}});
}

void Peer::on_lost(Link& link, const Link::Loss& loss) {
  const auto now = std::chrono::steady_clock::now();
  if (loss.was_connected) lost_.fetch_add(1, kOrder);
  // Further attempts fail alike: one line is enough.
  if (loss.first && !closing_) {
    log::warning(loss.was_connected ? "rpc_replica_lost" : "rpc_replica_unreachable",
                 {{"role", options_.role}, {"address", link.address()}, {"reason", loss.reason}});
  }
  if (link.in_flight > 0) {
    for (const std::uint64_t id : calls_.ids()) {
      OpenCall* call = calls_.find(id);
      if (call->link == &link) settle_lost(*call, now);
    }
  }
  if (closing_) return note_closed();
  send();
}

void Peer::settle_lost(OpenCall& call, SteadyTime now) {
  const bool safe = call.is_read() ||
                    (call.resend == Resend::kUnderKey && !call.message->idempotency_key().empty());
  if (safe && call.sendings < kSendingsMax && !closing_) {
    --call.link->in_flight;
    call.link = nullptr;
    call.waits_since = now;
    calls_.renew(call);  // a late answer of the first sending must not count for the second
    waiting_.push_front(call.message->id());
    return;
  }
  if (call.is_read()) {
    return refuse(call, ErrorCode::kUnavailable,
                  "the " + options_.role + " process broke off while it answered: ask again");
  }
  refuse(call, ErrorCode::kInDoubt,
         "the " + options_.role +
             " process broke off before it answered: the request may have been carried out; "
             "repeat it under the same Idempotency-Key to learn its outcome");
}

SteadyTime Peer::tick(SteadyTime now) {
  give_up_old(now);
  if (!waiting_.empty() && !any_ready()) give_up_without_replica(now);
  SteadyTime next = SteadyTime::max();
  for (const auto& link : links_) next = std::min(next, link->tick(now));
  if (OpenCall* oldest = calls_.oldest()) next = std::min(next, oldest->deadline);
  if (!waiting_.empty() && !any_ready()) {
    const OpenCall* first = calls_.find(waiting_.front());
    next = std::min(next, first == nullptr ? now : first->waits_since + options_.grace);
  }
  return next;
}

void Peer::give_up_old(SteadyTime now) {
  for (OpenCall* call = calls_.oldest(); call != nullptr && call->deadline <= now;
       call = calls_.oldest()) {
    const bool open = call->sendings > 0 && !call->is_read();
    refuse(*call, ErrorCode::kTimeout,
           "no answer from the " + options_.role + " role within " +
               std::to_string(options_.deadline.count()) + " ms" +
               (open ? ": the request may still be carried out; repeat it under the same "
                       "Idempotency-Key to learn its outcome"
                     : ""));
  }
}

void Peer::give_up_without_replica(SteadyTime now) {
  while (!waiting_.empty()) {
    OpenCall* call = calls_.find(waiting_.front());
    if (call != nullptr) {
      if (call->waits_since + options_.grace > now) return;
      const bool open = call->sendings > 0 && !call->is_read();
      refuse(*call, open ? ErrorCode::kInDoubt : ErrorCode::kUnavailable,
             "no process of the " + options_.role + " role can be reached at the moment" +
                 (open ? ", and one broke off before it answered: repeat the request under the "
                         "same Idempotency-Key to learn its outcome"
                       : ": nothing was done, repeat the request"));
    }
    waiting_.pop_front();
  }
}

bool Peer::any_ready() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->ready(); });
}

void Peer::note_ready() {
  const auto count = static_cast<std::uint64_t>(
      std::count_if(links_.begin(), links_.end(), [](const auto& link) { return link->ready(); }));
  ready_.store(count, kOrder);
}

// The inbox is closed and empty: what it held has been taken before this was posted.
void Peer::begin_close() {
  closing_ = true;
  for (const auto& link : links_) link->close();
  waiting_.clear();
  for (const std::uint64_t id : calls_.ids()) {
    OpenCall* call = calls_.find(id);
    if (call->sendings == 0 || call->is_read()) {
      refuse(*call, ErrorCode::kUnavailable, "this gateway stops: ask another one");
    } else {
      settle_lost(*call, {});
    }
  }
  note_closed();
}

void Peer::note_closed() {
  const bool idle =
      std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->idle(); });
  if (!idle) return;
  // Whoever waits destroys this at once: nothing of it may be used behind the lock.
  thread_->remove(*this);
  const std::lock_guard lock(closed_mutex_);
  closed_ = true;
  closed_changed_.notify_all();
}

}  // namespace cqrs::rpc
