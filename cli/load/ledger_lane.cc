#include "cli/load/ledger_lane.h"

#include <algorithm>
#include <chrono>

namespace cqrs::load {
namespace {

constexpr std::chrono::milliseconds kTurn{100};
constexpr std::chrono::seconds kSyncEvery{1};

}  // namespace

LedgerLane::LedgerLane(std::unique_ptr<OpLedgerWriter> writer, std::uint64_t ahead)
    : writer_(std::move(writer)), ahead_(std::max<std::uint64_t>(1, ahead)) {
  problem_ = writer_->intend(ahead_ - 1);
  failed_ = !problem_.ok();
  if (problem_.ok()) allowed_ = ahead_;
  thread_ = std::thread([this] { run(); });
}

LedgerLane::~LedgerLane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool LedgerLane::allows(std::uint64_t number) {
  const std::uint64_t allowed = allowed_.load(std::memory_order_acquire);
  // Past the middle of what is allowed: time for more.
  if (number + ahead_ / 2 >= allowed && wanted_.load(std::memory_order_relaxed) < number) {
    wanted_.store(number, std::memory_order_relaxed);
    woken_.notify_one();
  }
  return number < allowed;
}

void LedgerLane::record(std::vector<OpOutcomeRecord>& batch) {
  if (batch.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), batch.begin(), batch.end());
  }
  batch.clear();
}

void LedgerLane::run() {
  auto synced = std::chrono::steady_clock::now();
  std::vector<OpOutcomeRecord> batch;
  for (bool over = false; !over;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, kTurn, [&] {
        return stopping_ || wanted_.load(std::memory_order_relaxed) + ahead_ / 2 >= allowed_;
      });
      over = stopping_;
      batch.clear();
      std::swap(batch, waiting_);
    }
    const auto now = std::chrono::steady_clock::now();
    const bool sync = over || now - synced >= kSyncEvery;
    if (sync) synced = now;
    if (failed_) continue;
    if (auto done = step(batch, sync); !done) {
      const std::lock_guard lock(mutex_);
      problem_ = done;
      failed_ = true;
    }
  }
}

Status LedgerLane::step(const std::vector<OpOutcomeRecord>& batch, bool sync) {
  const std::uint64_t wanted = wanted_.load(std::memory_order_relaxed);
  if (wanted + ahead_ / 2 >= allowed_) {
    CQRS_TRY(writer_->intend(wanted + ahead_ - 1));
    allowed_.store(wanted + ahead_, std::memory_order_release);
  }
  for (const auto& outcome : batch) CQRS_TRY(writer_->record(outcome));
  return sync ? writer_->sync() : Status();
}

Status LedgerLane::close(std::uint64_t next) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
  return problem_.ok() ? writer_->close(next) : problem_;
}

Status LedgerLane::problem() {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace cqrs::load
