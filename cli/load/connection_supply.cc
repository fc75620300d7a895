#include "cli/load/connection_supply.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace cqrs::load {
namespace {

// Requests that become due together are spread over the connections in portions of this size.
constexpr std::size_t kQuantum = 16;
// So many pulled requests may wait for a connection; beyond that the source keeps them.
constexpr std::size_t kWaitingMax = 16'384;
constexpr std::chrono::milliseconds kBackoffMin{50};
constexpr std::chrono::milliseconds kBackoffMax{1000};

class SteadySupply final : public ConnectionSupply {
 public:
  SteadySupply(const ClientOptions& options, ClientRun& run) : options_(options), run_(run) {}

  void start() override {
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
      connections_.push_back(std::make_unique<ClientConnection>(options_, run_));
    }
    for (const auto& connection : connections_) connection->connect();
  }

  void supply(SteadyTime /*now*/, bool woke) override {
    if (!woke) return;
    std::size_t taken = 1;
    while (taken > 0) {
      taken = 0;
      for (std::size_t i = 0; i < connections_.size(); ++i) {
        taken += connections_[turn_++ % connections_.size()]->fill(kQuantum);
      }
    }
  }

  void ready(ClientConnection& connection) override { (void)connection.fill(options_.depth); }
  bool connect_failed(ClientConnection& /*connection*/, bool ever_up) override {
    return !ever_up && ++failures_ >= connections_.size();
  }
  void disconnected(ClientConnection& /*connection*/) override {}
  void give_back(Prepared&& /*request*/) override { CQRS_CHECK(false); }  // they keep theirs
  void check_time(SteadyTime now) override {
    for (const auto& connection : connections_) connection->check_time(now);
  }
  void abandon() override {
    for (const auto& connection : connections_) connection->abandon();
  }

 private:
  const ClientOptions& options_;
  ClientRun& run_;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::size_t turn_ = 0;
  std::size_t failures_ = 0;
};

class DemandSupply final : public ConnectionSupply {
 public:
  DemandSupply(const ClientOptions& options, ClientRun& run)
      : options_(options), run_(run), limit_(std::max<std::size_t>(options.connections, 1)) {}

  void start() override { open(); }

  void supply(SteadyTime now, bool /*woke*/) override {
    while (!waiting_.empty()) {
      ClientConnection* const connection = vacant();
      if (connection == nullptr) break;
      Prepared request = std::move(waiting_.front().request);
      waiting_.pop_front();
      connection->send(request);
    }
    pull(now);
    while (opening_ < waiting_.size() && now >= retry_at_) {
      if (!open()) break;
    }
  }

  void ready(ClientConnection& connection) override {
    pulls_ = true;
    if (!connection.listed && connection.idle()) list(connection);
    settle(connection);
  }

  bool connect_failed(ClientConnection& connection, bool ever_up) override {
    settle(connection);
    closed_.push_back(&connection);
    retry_at_ = std::chrono::steady_clock::now() + backoff_;
    backoff_ = std::min(backoff_ * 2, kBackoffMax);
    return !ever_up;
  }

  void disconnected(ClientConnection& connection) override {
    // A listed one stays in the list until it is its turn; only then it may be opened again.
    if (!connection.listed) closed_.push_back(&connection);
  }

  void give_back(Prepared&& request) override {
    waiting_.push_front({std::move(request), std::chrono::steady_clock::now()});
  }

  void check_time(SteadyTime now) override {
    for (const auto& connection : connections_) connection->check_time(now);
    while (!waiting_.empty() && now - waiting_.front().since > options_.timeout) refuse_front(now);
  }

  void abandon() override {
    for (const auto& connection : connections_) connection->abandon();
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!waiting_.empty()) refuse_front(now);
  }

 private:
  struct Waiting {
    Prepared request;
    SteadyTime since;
  };

  void pull(SteadyTime now) {
    if (!pulls_) return;
    while (waiting_.empty()) {
      ClientConnection* const connection = vacant();
      if (connection == nullptr) break;
      if (!run_.pull(scratch_)) {
        if (connection->idle()) list(*connection);
        return;
      }
      connection->send(scratch_);
    }
    while (waiting_.size() < kWaitingMax && run_.pull(scratch_)) {
      waiting_.push_back({std::move(scratch_), now});
      scratch_ = {};
    }
  }

  // One with room, an idle one first; with depth 1 there are no others.
  ClientConnection* vacant() {
    while (!idle_.empty()) {
      ClientConnection* const connection = idle_.back();
      idle_.pop_back();
      connection->listed = false;
      if (connection->up()) return connection;
      closed_.push_back(connection);
    }
    if (options_.depth <= 1 || connections_.size() < limit_ || !closed_.empty()) return nullptr;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      ClientConnection* const connection = connections_[turn_++ % connections_.size()].get();
      if (connection->has_room()) return connection;
    }
    return nullptr;
  }

  void list(ClientConnection& connection) {
    connection.listed = true;
    idle_.push_back(&connection);
  }

  bool open() {
    ClientConnection* connection = nullptr;
    if (!closed_.empty()) {
      connection = closed_.back();
      closed_.pop_back();
    } else if (connections_.size() < limit_) {
      connections_.push_back(std::make_unique<ClientConnection>(options_, run_));
      connection = connections_.back().get();
    } else {
      return false;
    }
    ++opening_;
    connection->opening = true;
    connection->connect();
    return true;
  }

  // Its attempt to connect is over.
  void settle(ClientConnection& connection) {
    if (!connection.opening) return;
    connection.opening = false;
    --opening_;
    if (connection.up()) backoff_ = kBackoffMin;
  }

  void refuse_front(SteadyTime now) {
    Answer answer;
    answer.tag = waiting_.front().request.tag;
    answer.transport = Transport::kRefused;
    answer.scheduled = waiting_.front().request.scheduled;
    answer.completed = now;
    waiting_.pop_front();
    run_.report(answer);
  }

  const ClientOptions& options_;
  ClientRun& run_;
  const std::size_t limit_;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::vector<ClientConnection*> idle_;    // the last used one last: few stay busy, the rest sleeps
  std::vector<ClientConnection*> closed_;  // may be opened again
  std::deque<Waiting> waiting_;
  Prepared scratch_;
  bool pulls_ = false;  // not before there was a connection: a run without one sends nothing
  std::size_t opening_ = 0;
  std::size_t turn_ = 0;
  std::chrono::milliseconds backoff_ = kBackoffMin;
  SteadyTime retry_at_{};
};

}  // namespace

std::unique_ptr<ConnectionSupply> steady_supply(const ClientOptions& options, ClientRun& run) {
  return std::make_unique<SteadySupply>(options, run);
}

std::unique_ptr<ConnectionSupply> demand_supply(const ClientOptions& options, ClientRun& run) {
  return std::make_unique<DemandSupply>(options, run);
}

}  // namespace cqrs::load
