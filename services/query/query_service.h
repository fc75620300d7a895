// The query side: a few worker threads that read the live generation of the views. Searches and
// sorted lists, which may take long, have a thread of their own behind a cache, so that reads by id
// never stand behind them. A read with a token waits, without holding a thread, until the views
// have come that far or its time is up.
#pragma once

#include "core/base/queue.h"
#include "core/read/read_store.h"
#include "core/read/search_cache.h"

#include "services/chassis/metrics.h"
#include "services/chassis/read_position.h"
#include "services/query/query_job.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace cqrs {

struct QueryOptions {
  std::size_t workers = 2;
  std::size_t queue_limit = 10'000;  // jobs waiting for a worker, and again for the views
  std::size_t search_limit = 256;    // searches that the cache could not answer
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
  // A worker's view of the live generation, opened anew after a switch.
  struct Reader {
    std::unique_ptr<ReadStore> store;
    int generation = 0;
  };
  using Jobs = std::vector<QueryJob>;
  class Counts;

  void work();
  void work_searches();
  void watch();
  // Opens the live generation `live`; when that fails, answers the jobs with the reason and says
  // false.
  [[nodiscard]] bool open_live(int live, Reader& reader, Jobs& jobs);
  void run(Jobs& jobs, Reader& reader);
  void run_points(std::span<QueryJob* const> points, Reader& reader, std::uint64_t seen,
                  Counts& counts);
  // From the cache, else handed to the thread for searches.
  void run_search(QueryJob& job, int generation, Counts& counts);
  [[nodiscard]] bool answer_cached(QueryJob& job, const std::string& key, Counts& counts);
  // Sorts out a job whose min_position the views have not reached: it waits, or is answered.
  [[nodiscard]] bool must_wait(QueryJob& job, Position applied, std::uint64_t seen, Counts& counts);
  // `seen`: changes_ as it was before the job looked at the views.
  void park(QueryJob job, std::uint64_t seen);
  [[nodiscard]] Error behind(const std::string& wanted) const;

  OpenStore open_;
  ReadPosition& position_;
  std::function<Position()> head_;
  Metrics& metrics_;
  QueryOptions options_;
  BoundedQueue<QueryJob> queue_;
  BoundedQueue<QueryJob> searches_;
  SearchCache cache_;

  std::mutex waiting_mutex_;
  std::condition_variable waiting_changed_;
  std::vector<QueryJob> waiting_;
  std::atomic<std::uint64_t> changes_{0};  // how often the views moved
  bool moved_ = false;                     // the views moved while jobs wait
  bool stopping_ = false;

  std::vector<std::thread> workers_;
  std::thread searcher_;
  std::thread watcher_;
};

}  // namespace cqrs
