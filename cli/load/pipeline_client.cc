#include "cli/load/pipeline_client.h"

#include "cli/load/client_connection.h"
#include "cli/load/connection_supply.h"
#include "cli/load/tls.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace cqrs::load {
namespace {

// With nothing to send, and not knowing when there will be, the source is asked this often.
constexpr std::chrono::milliseconds kTickStarved{1};
constexpr std::chrono::milliseconds kTick{10};
// A source that says a request is due and has none is believed so many times in a row.
constexpr int kOverdueMax = 3;

class Run final : public ClientRun {
 public:
  Run(const ClientOptions& options, const ClientCallbacks& callbacks, const std::atomic<bool>& stop,
      const MakeSupply& make_supply)
      : options_(options),
        callbacks_(callbacks),
        stop_(stop),
        input_(new char[kClientInput]),  // not zeroed: pages are touched when used
        supply_(make_supply(*this)) {}

  [[nodiscard]] Status run();

  [[nodiscard]] bool pull(Prepared& request) override {
    if (exhausted_ || over_) return false;
    starved_ = !callbacks_.next(request);
    if (starved_) return false;
    ++open_;
    overdue_ = 0;
    return true;
  }
  void report(const Answer& answer) override {
    --open_;
    callbacks_.done(answer);
  }
  void ready(ClientConnection& connection) override { supply_->ready(connection); }
  void connected() override {
    ++up_;
    ever_up_ = true;
  }
  void disconnected(ClientConnection& connection) override {
    --up_;
    supply_->disconnected(connection);
  }
  [[nodiscard]] std::uint64_t open_requests() const override { return open_; }
  void fail(Error error) override {
    over_ = true;
    failure_ = std::move(error);
  }
  void give_back(Prepared&& request) override { supply_->give_back(std::move(request)); }
  [[nodiscard]] bool all_down() const override { return ever_up_ && up_ == 0; }
  void connect_failed(ClientConnection& connection, const std::string& reason) override {
    if (!supply_->connect_failed(connection, ever_up_)) return;
    fail(make_error(ErrorCode::kUnavailable,
                    "cannot connect to " + show(options_.endpoint) + ": " + reason));
  }
  [[nodiscard]] Result<std::unique_ptr<Stream>> open_stream() override {
    Result<Descriptor> socket = begin_connect(address_);
    if (!socket.ok()) return socket.error();
    return tls_ ? tls_->open(std::move(*socket)) : open_plain(std::move(*socket));
  }
  [[nodiscard]] Reactor& reactor() override { return reactor_; }
  [[nodiscard]] char* input() override { return input_.get(); }

 private:
  void keep_house(SteadyTime now);
  [[nodiscard]] SteadyTime next_wake(SteadyTime now);

  const ClientOptions& options_;
  const ClientCallbacks& callbacks_;
  const std::atomic<bool>& stop_;
  Address address_;
  std::unique_ptr<TlsContext> tls_;  // outlives the connections; null: plain
  Reactor reactor_;
  const std::unique_ptr<char[]> input_;
  const std::unique_ptr<ConnectionSupply> supply_;
  SteadyTime housekeeping_;  // when it was last done
  SteadyTime checked_;       // when connections were last asked for what is late
  std::size_t up_ = 0;
  std::uint64_t open_ = 0;  // pulled and not reported
  int overdue_ = 0;
  bool ever_up_ = false;
  bool starved_ = false;    // `next` had nothing when it was last asked
  bool exhausted_ = false;  // `idle` said that nothing more will come
  bool over_ = false;
  Status failure_;
};

Status Run::run() {
  const auto addresses = resolve(options_.endpoint);
  if (!addresses.ok()) return addresses.error();
  address_ = addresses->front();
  if (options_.endpoint.tls) {
    auto tls = make_tls(options_.endpoint, options_.tls);
    if (!tls.ok()) return tls.error();
    tls_ = std::move(*tls);
  }
  CQRS_TRY(reactor_.open());
  SteadyTime now = std::chrono::steady_clock::now();
  housekeeping_ = checked_ = now;
  supply_->start();
  while (!over_) {
    const SteadyTime wake = next_wake(now);
    reactor_.wait(wake);
    now = std::chrono::steady_clock::now();
    const bool woke = now >= wake;
    if (now >= housekeeping_ + (starved_ ? kTickStarved : kTick)) keep_house(now);
    if (!over_) supply_->supply(now, woke);
    if (exhausted_ && open_ == 0) over_ = true;
  }
  supply_->abandon();
  return failure_;
}

void Run::keep_house(SteadyTime now) {
  housekeeping_ = now;
  callbacks_.tick();
  if (stop_.load(std::memory_order_relaxed)) {
    over_ = true;
    return;
  }
  if (now >= checked_ + kTick) {
    checked_ = now;
    supply_->check_time(now);
  }
  if (starved_ && !exhausted_ && !callbacks_.idle()) exhausted_ = true;
}

SteadyTime Run::next_wake(SteadyTime now) {
  const SteadyTime tick = housekeeping_ + (starved_ ? kTickStarved : kTick);
  if (!starved_ || exhausted_) return tick;
  const SteadyTime due = callbacks_.due();
  if (due > now) return std::min(due, tick);
  return ++overdue_ > kOverdueMax ? tick : now;
}

}  // namespace

Status run_with(const ClientOptions& options, const ClientCallbacks& callbacks,
                const std::atomic<bool>& stop, const MakeSupply& make_supply) {
  return Run(options, callbacks, stop, make_supply).run();
}

Status run_client(const ClientOptions& options, const ClientCallbacks& callbacks,
                  const std::atomic<bool>& stop) {
  return run_with(options, callbacks, stop, [&](ClientRun& run) {
    return options.on_demand ? demand_supply(options, run) : steady_supply(options, run);
  });
}

}  // namespace cqrs::load
