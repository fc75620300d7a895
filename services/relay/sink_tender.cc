#include "services/relay/sink_tender.h"

#include "services/chassis/log.h"

#include <chrono>

namespace cqrs {
namespace {

// How often it looks; what failed is also started again so often.
constexpr std::chrono::seconds kTend{2};

}  // namespace

SinkTender::SinkTender(SinkTenderParts parts, Metrics& metrics) : parts_(std::move(parts)) {
  metrics.gauge("cqrs_sink_running",
                "1 while this replica sees the sink's connector at work, 0 otherwise",
                [this] { return runs_.load() ? 1.0 : 0.0; });
  thread_ = std::thread([this] { run(); });
}

void SinkTender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SinkTender::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (parts_.owns()) {
      note(tend());
    } else {
      runs_.store(false);
    }
    lock.lock();
    wake_.wait_for(lock, kTend, [this] { return stopping_; });
  }
}

// Error: what keeps events from arriving, in words.
Status SinkTender::tend() {
  auto look = parts_.connector->look();
  if (!look) return look.error();
  const auto stands = [](const std::string& why) {
    return make_error(ErrorCode::kUnavailable, "the sink's connector " + why);
  };
  switch (look->state) {
    case ConnectorState::kAbsent:
    case ConnectorState::kStopped:
      return begin();
    case ConnectorState::kPaused:
      return stands("is paused by somebody: resume it");
    case ConnectorState::kFailed:
      CQRS_TRY(parts_.connector->run());
      return stands("failed and is started again: " + look->trouble);
    case ConnectorState::kStarting:
    case ConnectorState::kRunning:
      return look->outdated ? parts_.connector->run() : Status();
  }
  return {};
}

// Kafka keeps the place of a connector that was removed: it is forgotten first, so that a new one
// begins where the topics do. What comes again replaces itself. An interruption leaves it stopped.
Status SinkTender::begin() {
  CQRS_TRY(parts_.prepare());
  CQRS_TRY(parts_.connector->stop());
  return parts_.connector->run();
}

void SinkTender::note(const Status& tended) {
  const std::string problem = tended ? std::string() : tended.error().message;
  runs_.store(tended.ok());
  if (problem == problem_) return;
  if (problem.empty()) {
    log::info("sink_works");
  } else {
    log::warning("sink_stands", {{"reason", problem}});
  }
  problem_ = problem;
}

}  // namespace cqrs
