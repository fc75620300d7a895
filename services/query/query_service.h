// The query side: a few worker threads that read the live generation of the views. A read with a
// token waits, without holding a thread, until the views have come that far or its time is up.
#pragma once

#include "core/base/queue.h"
#include "core/read/read_store.h"

#include "services/chassis/http.h"
#include "services/chassis/metrics.h"
#include "services/chassis/read_position.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cqrs {

struct QueryJob {
  enum class What : std::uint8_t { kById, kOrderDetails, kList };
  What what = What::kById;
  StreamKey key;                 // kList: only the kind
  std::size_t limit = 0;         // kList
  std::string cursor;            // kList: as the client sent it
  std::int64_t min_version = 0;  // 0: whatever there is
  Position min_position = 0;
  std::chrono::steady_clock::time_point deadline{};
  std::string if_none_match;
  http::Responder responder;
};

struct QueryOptions {
  std::size_t workers = 2;
  std::size_t queue_limit = 10'000;  // jobs waiting for a worker, and again for the views
};

class QueryService {
 public:
  using OpenStore = std::function<Result<std::unique_ptr<ReadStore>>(int generation)>;

  // `position` and `metrics` must outlive the service. `head` gives the last committed position,
  // for the lag in answers.
  QueryService(OpenStore open, ReadPosition& position, std::function<Position()> head,
               Metrics& metrics, const QueryOptions& options = {});
  QueryService(const QueryService&) = delete;
  QueryService& operator=(const QueryService&) = delete;
  ~QueryService();

  // Thread-safe. A full queue answers 503.
  void submit(QueryJob job);
  // Answers the reads that wait for the views with what there is; later ones are not made to wait.
  void stop_waiting();
  // As stop_waiting(), then answers everything that was accepted and ends. Idempotent.
  void stop();

 private:
  void work();
  void watch();
  void run(QueryJob& job, ReadStore& store, int generation);
  // `seen`: changes_ as it was before the job looked at the views.
  void park(QueryJob job, std::uint64_t seen);
  [[nodiscard]] Error behind(const std::string& wanted) const;

  OpenStore open_;
  ReadPosition& position_;
  std::function<Position()> head_;
  Metrics& metrics_;
  QueryOptions options_;
  BoundedQueue<QueryJob> queue_;

  std::mutex waiting_mutex_;
  std::condition_variable waiting_changed_;
  std::vector<QueryJob> waiting_;
  std::atomic<std::uint64_t> changes_{0};  // how often the views moved
  bool moved_ = false;                     // the views moved while jobs wait
  bool stopping_ = false;

  std::vector<std::thread> workers_;
  std::thread watcher_;
};

}  // namespace cqrs
