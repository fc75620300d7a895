#include "services/chassis/rpc_link.h"

#include "services/chassis/rpc_limits.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <utility>

namespace cqrs::rpc {
namespace {

constexpr std::chrono::milliseconds kPauseMin{20};
constexpr std::chrono::milliseconds kPauseMax{1'000};
// From the beginning of an attempt to the replica's first word: a stopped process is still
// connected to by its kernel, and gRPC alone would wait 20 s for it.
constexpr std::chrono::milliseconds kGreetingLimit{3'000};
// How soon a replica that is stopped or cut off is noticed while its connection stands.
constexpr int kKeepaliveMs = 2'000;
constexpr int kKeepaliveTimeoutMs = 3'000;

grpc::ChannelArguments arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Neither a proxy of the environment nor a service config in DNS has a say on the inner network.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // we know better what may be repeated
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  arguments.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  arguments.SetInt(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, kReadBytes);
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  return arguments;
}

}  // namespace

Link::Link(std::string address, RpcThread& thread, Owner& owner)
    : address_(std::move(address)), thread_(thread), owner_(owner), pause_(kPauseMin) {}

SteadyTime Link::tick(SteadyTime now) {
  if (closed_) return SteadyTime::max();
  if (!stream_) {
    if (now < next_attempt_) return next_attempt_;
    connect(now);
  }
  if (greeting_limit_ != SteadyTime::max() && now >= greeting_limit_) {
    greeting_limit_ = SteadyTime::max();
    stream_->context.TryCancel();
  }
  return greeting_limit_;
}

void Link::connect(SteadyTime now) {
  stream_ = std::make_unique<Stream>();
  over_ = draining_ = half_closed_ = false;
  greeting_limit_ = now + kGreetingLimit;
  stream_->channel =
      grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments());
  stream_->stub = api::Exchange::NewStub(stream_->channel);
  stream_->calls = stream_->stub->PrepareAsyncExchange(&stream_->context, &thread_.queue());
  stream_->calls->StartCall(started_tag_.raw());
}

void Link::on_started(bool ok) {
  if (ok) return read();
  over_ = true;
  finish_when_over();
}

void Link::read() { stream_->calls->Read(&answers_, read_tag_.raw()); }

void Link::on_read(bool ok) {
  if (!ok) {
    over_ = true;
    ready_ = false;
    return finish_when_over();
  }
  if (answers_.answers_size() > 0) owner_.on_answers(*this, answers_);
  take_state(answers_.state());
  read();
}

void Link::take_state(api::State state) {
  if (state == api::STATE_UNCHANGED || closed_) return;
  if (!std::exchange(connected_, true)) {
    greeting_limit_ = SteadyTime::max();
    failures_ = 0;
    owner_.on_connected(*this);
  }
  draining_ = draining_ || state == api::STATE_DRAINING;
  ready_ = state == api::STATE_SERVING && !draining_;
  if (ready_) pause_ = kPauseMin;
  half_close();
  owner_.on_writable();
}

void Link::half_close() {
  if (!draining_ || half_closed_ || writing_ || over_) return;
  half_closed_ = true;
  writing_ = true;
  stream_->calls->WritesDone(written_tag_.raw());
}

void Link::write(const api::CallBatch& batch) {
  writing_ = true;
  stream_->calls->Write(batch, written_tag_.raw());  // serializes before it returns
}

void Link::on_written(bool ok) {
  writing_ = false;
  if (!ok) ready_ = false;  // reading fails, too, and ends the stream
  if (over_) return finish_when_over();
  half_close();
  owner_.on_writable();
}

void Link::finish_when_over() {
  if (writing_) return;
  stream_->calls->Finish(&stream_->status, finished_tag_.raw());
}

void Link::on_finished(bool /*ok*/) {
  const Loss loss{stream_->status.ok() ? "it stops" : stream_->status.error_message(),
                  std::exchange(connected_, false), failures_++ == 0};
  stream_.reset();
  ready_ = false;
  greeting_limit_ = SteadyTime::max();
  next_attempt_ = std::chrono::steady_clock::now() + pause_;
  pause_ = std::min(2 * pause_, kPauseMax);
  thread_.tick_at(next_attempt_);
  owner_.on_lost(*this, loss);
}

void Link::close() {
  closed_ = true;
  ready_ = false;
  if (stream_) stream_->context.TryCancel();
}

}  // namespace cqrs::rpc
