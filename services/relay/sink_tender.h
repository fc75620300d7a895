// Sees to it that the sink's connector runs with our settings, as long as this replica is the one
// that works. On a thread of its own: Kafka Connect may be slow or away, and events go on.
#pragma once

#include "core/log/capture.h"

#include "services/chassis/metrics.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace cqrs {

struct SinkTenderParts {
  std::unique_ptr<Connector> connector;
  std::function<Status()> prepare;  // what must be there before events arrive
  std::function<bool()> owns;       // whether this replica works; from the tender's thread
};

class SinkTender {
 public:
  SinkTender(SinkTenderParts parts, Metrics& metrics);
  SinkTender(const SinkTender&) = delete;
  SinkTender& operator=(const SinkTender&) = delete;
  ~SinkTender() { stop(); }
  // Waits for the call to Kafka Connect that is under way.
  void stop();

 private:
  void run();
  [[nodiscard]] Status tend();
  [[nodiscard]] Status begin();
  void note(const Status& tended);

  SinkTenderParts parts_;
  std::atomic<bool> runs_{false};
  std::string problem_;  // as it was last told
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cqrs
