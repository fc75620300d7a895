// Commands of every kind, sent to a running system by a thread until it is told to finish. Each has
// an idempotency key and is repeated under it until it is answered, whatever happens to the system.
#pragma once

#include "cli/load/pipeline_client.h"

#include "tests/e2e/support/system.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cqrs::e2e {

struct MixedLoadOptions {
  std::uint64_t seed = 1;   // ids, e-mails and keys follow from it; one load per seed and system
  std::size_t chains = 24;  // at the same time
  std::size_t connections = 4;
};

// A chain is six commands on three entities of its own, one after the other: a user is created and
// renamed, a product created and priced, an order created and confirmed or cancelled. Each makes
// exactly one event, so versions and the number of events are known in advance.
class MixedLoad {
 public:
  static constexpr std::int64_t kEventsPerChain = 6;

  MixedLoad(const load::Endpoint& endpoint, const MixedLoadOptions& options);
  MixedLoad(const MixedLoad&) = delete;
  MixedLoad& operator=(const MixedLoad&) = delete;
  ~MixedLoad();  // gives up what is not answered

  // Begins no further chain and waits for those begun; false when they did not end in time.
  [[nodiscard]] bool finish(std::chrono::milliseconds patience = kPatience);

  // How many commands were acknowledged so far.
  [[nodiscard]] std::int64_t acknowledged() const { return acknowledged_; }
  // Commands that had to be sent again, and how many of those had been executed after all.
  [[nodiscard]] std::int64_t repeated() const { return repeated_; }
  [[nodiscard]] std::int64_t replayed() const { return replayed_; }
  // How many answers refused a command for the time being, by problem code.
  [[nodiscard]] std::map<std::string, int> refusals() const;

  // After finish(): expects that no answer was wrong, and that the record holds as many events as
  // were acknowledged, plus `others`; reads a sample back, content and all. With a deep verify,
  // which proves that no version is missing or there twice, nothing can be lost or doubled.
  void expect_all_there(const TestSystem& system, std::int64_t others = 0) const;

 private:
  struct Waiting {
    std::uint64_t command = 0;  // chain * 6 + step
    load::SteadyTime not_before{};
  };

  void run(const load::Endpoint& endpoint);
  bool next(load::Prepared& request);
  void done(const load::Answer& answer);
  void refuse(const load::Answer& answer);
  [[nodiscard]] bool over() const;
  [[nodiscard]] std::string id(std::uint64_t chain, int entity) const;
  [[nodiscard]] std::string request(std::uint64_t command) const;
  [[nodiscard]] bool confirms(std::uint64_t chain) const { return chain % 3 != 0; }

  const MixedLoadOptions options_;
  std::uint64_t begun_ = 0;         // chains; the thread's own until finish()
  std::size_t open_ = 0;            // chains begun and not ended
  std::deque<Waiting> waiting_;     // ready, or to be repeated
  std::vector<std::string> wrong_;  // answers that no fault can excuse
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> repeated_{0};
  std::atomic<std::int64_t> replayed_{0};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
  mutable std::mutex mutex_;  // guards refusals_
  std::map<std::string, int> refusals_;
  std::thread thread_;
};

}  // namespace cqrs::e2e
