#include "services/query/query_service.h"

#include "services/chassis/cpu_time.h"
#include "services/query/query_answers.h"

#include <algorithm>
#include <utility>

namespace cqrs {
namespace {

constexpr std::size_t kBatch = 64;

using Steady = std::chrono::steady_clock;

std::string search_key(const QueryJob& job, int generation) {
  return "g" + std::to_string(generation) + "|" + cache_key(*job.search);
}

}  // namespace

// Answers of one batch, counted together: a labelled counter is a lookup by text.
class QueryService::Counts {
 public:
  explicit Counts(Metrics& metrics) : metrics_(metrics) {}
  Counts(const Counts&) = delete;
  Counts& operator=(const Counts&) = delete;
  ~Counts() {
    for (const auto& [what, status, count] : counts_) {
      metrics_.count_query(query_name(what), status, count);
    }
  }
  void answer(QueryJob& job, http::Response&& response) {
    add(job.what, response.status);
    job.responder(std::move(response));
  }

 private:
  struct Count {
    QueryJob::What what;
    int status;
    double count;
  };
  void add(QueryJob::What what, int status) {
    for (auto& known : counts_) {
      if (known.what != what || known.status != status) continue;
      ++known.count;
      return;
    }
    counts_.push_back({what, status, 1});
  }

  Metrics& metrics_;
  std::vector<Count> counts_;
};

QueryService::QueryService(OpenStore open, ReadPosition& position, std::function<Position()> head,
                           Metrics& metrics, const QueryOptions& options)
    : open_(std::move(open)),
      position_(position),
      head_(std::move(head)),
      metrics_(metrics),
      options_(options),
      queue_(options.queue_limit),
      searches_(options.search_limit) {
  position_.on_change([this] {
    {
      const std::lock_guard lock(waiting_mutex_);
      ++changes_;
      if (waiting_.empty()) return;
      moved_ = true;
    }
    waiting_changed_.notify_one();
  });
  for (std::size_t i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
  searcher_ = std::thread([this] { work_searches(); });
  watcher_ = std::thread([this] { watch(); });
  metrics_.gauge("cqrs_search_cache_hits", "Lists and searches answered from the cache",
                 [this] { return static_cast<double>(cache_.counters().hits); });
  metrics_.gauge("cqrs_search_cache_misses", "Looks into the cache that found nothing current",
                 [this] { return static_cast<double>(cache_.counters().misses); });
  metrics_.gauge("cqrs_search_cache_bytes", "What the cache of lists and searches holds",
                 [this] { return static_cast<double>(cache_.counters().bytes); });
}

QueryService::~QueryService() { stop(); }

void QueryService::submit(QueryJob job) {
  if (queue_.try_push(job)) return;
  job.responder(
      http::problem(make_error(ErrorCode::kOverloaded, "the query queue is full (limit " +
                                                           std::to_string(options_.queue_limit) +
                                                           "): slow down and retry")));
}

void QueryService::stop_waiting() {
  {
    const std::lock_guard lock(waiting_mutex_);
    stopping_ = true;
  }
  waiting_changed_.notify_one();
  if (watcher_.joinable()) watcher_.join();
}

void QueryService::stop() {
  stop_waiting();
  queue_.close();
  for (auto& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
  // Only now nobody hands it anything more.
  searches_.close();
  if (searcher_.joinable()) searcher_.join();
}

bool QueryService::open_live(int live, Reader& reader, Jobs& jobs) {
  if (reader.store && live == reader.generation) return true;
  auto opened = open_(live);
  if (!opened) {
    for (auto& job : jobs) job.responder(http::problem(opened.error()));
    return false;
  }
  reader.store = std::move(*opened);
  reader.generation = live;
  return true;
}

void QueryService::work() {
  Reader reader;
  CpuLap cpu;
  for (;;) {
    auto jobs = queue_.pop_batch(kBatch);
    if (jobs.empty()) return;
    const auto started = Steady::now();
    const ReadPosition::Pin pin(position_);
    if (!open_live(pin.generation(), reader, jobs)) continue;
    run(jobs, reader);
    metrics_.observe_stage("query", Steady::now() - started);
    metrics_.add_stage_cpu("query", cpu.lap());
  }
}

void QueryService::run(Jobs& jobs, Reader& reader) {
  const std::uint64_t seen = changes_;
  Counts counts(metrics_);
  Position applied = 0;
  const bool tokens = std::any_of(jobs.begin(), jobs.end(),
                                  [](const QueryJob& job) { return job.min_position > 0; });
  if (tokens) {
    auto now = reader.store->applied();
    if (!now) {
      for (auto& job : jobs) counts.answer(job, http::problem(now.error()));
      return;
    }
    applied = *now;
  }
  std::vector<QueryJob*> points;
  for (auto& job : jobs) {
    if (must_wait(job, applied, seen, counts)) continue;
    if (job.what == QueryJob::What::kSearch) {
      run_search(job, reader.generation, counts);
    } else if (job.what == QueryJob::What::kList) {
      counts.answer(job, answer_list(*reader.store, reader.generation, job));
    } else {
      points.push_back(&job);
    }
  }
  if (!points.empty()) run_points(points, reader, seen, counts);
}

void QueryService::run_points(std::span<QueryJob* const> points, Reader& reader, std::uint64_t seen,
                              Counts& counts) {
  auto answers = answer_points(*reader.store, reader.generation, points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    QueryJob& job = *points[i];
    if (answers[i].response) {
      counts.answer(job, std::move(*answers[i].response));
    } else if (Steady::now() < job.deadline) {
      park(std::move(job), seen);
    } else {
      auto late = http::problem(behind("version " + std::to_string(job.min_version) + " of this " +
                                       std::string(kind_name(job.key.kind))));
      if (answers[i].parked) mark_parked(late);
      counts.answer(job, std::move(late));
    }
  }
}

bool QueryService::must_wait(QueryJob& job, Position applied, std::uint64_t seen, Counts& counts) {
  if (job.min_position <= applied) return false;
  if (Steady::now() < job.deadline) {
    park(std::move(job), seen);
  } else {
    counts.answer(job, http::problem(behind("position " + std::to_string(job.min_position))));
  }
  return true;
}

bool QueryService::answer_cached(QueryJob& job, const std::string& key, Counts& counts) {
  const auto cached = cache_.find(key, position_.get().applied, job.min_position, Steady::now());
  if (!cached) return false;
  counts.answer(job, search_response(*cached));
  return true;
}

void QueryService::run_search(QueryJob& job, int generation, Counts& counts) {
  if (answer_cached(job, search_key(job, generation), counts)) return;
  if (searches_.try_push(job)) return;
  counts.answer(job, http::problem(make_error(ErrorCode::kOverloaded,
                                              "too many searches wait (limit " +
                                                  std::to_string(options_.search_limit) +
                                                  "): slow down and retry")));
}

void QueryService::work_searches() {
  Reader reader;
  CpuLap cpu;
  for (;;) {
    auto jobs = searches_.pop_batch(1);
    if (jobs.empty()) return;
    const auto started = Steady::now();
    const ReadPosition::Pin pin(position_);
    if (!open_live(pin.generation(), reader, jobs)) continue;
    QueryJob& job = jobs.front();
    Counts counts(metrics_);
    // Whoever asked the same before may have brought the answer.
    const std::string key = search_key(job, reader.generation);
    if (answer_cached(job, key, counts)) continue;
    auto found = answer_search(*reader.store, reader.generation, job);
    if (found.problem) {
      counts.answer(job, http::problem(*found.problem));
      continue;
    }
    // Its age counts from when it was true.
    cache_.put(key, found.answer, started);
    counts.answer(job, search_response(found.answer));
    metrics_.observe_stage("search", Steady::now() - started);
    metrics_.add_stage_cpu("search", cpu.lap());
  }
}

Error QueryService::behind(const std::string& wanted) const {
  const ReadState state = position_.get();
  return make_error(ErrorCode::kTimeout, "the views have not reached " + wanted +
                                             " in time: applied " + std::to_string(state.applied) +
                                             " of " + std::to_string(head_()) + " (lag " +
                                             std::to_string(head_() - state.applied) + ")");
}

void QueryService::park(QueryJob job, std::uint64_t seen) {
  std::unique_lock lock(waiting_mutex_);
  if (stopping_ || waiting_.size() >= options_.queue_limit) {
    lock.unlock();
    job.responder(http::problem(
        make_error(ErrorCode::kOverloaded, "too many reads wait for the views: retry later")));
    return;
  }
  if (changes_ != seen) {
    // The views moved between the look and now: look again at once.
    lock.unlock();
    submit(std::move(job));
    return;
  }
  waiting_.push_back(std::move(job));
  lock.unlock();
  waiting_changed_.notify_one();
}

// Hands waiting jobs back to the workers when the views moved or a deadline passed.
void QueryService::watch() {
  std::unique_lock lock(waiting_mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      waiting_changed_.wait(lock);
      continue;
    }
    auto earliest = waiting_.front().deadline;
    for (const auto& job : waiting_) earliest = std::min(earliest, job.deadline);
    if (!moved_ && Steady::now() < earliest) {
      waiting_changed_.wait_until(lock, earliest);
      continue;
    }
    moved_ = false;
    auto again = std::exchange(waiting_, {});
    lock.unlock();
    for (auto& job : again) submit(std::move(job));
    lock.lock();
  }
  auto rest = std::exchange(waiting_, {});
  lock.unlock();
  for (auto& job : rest) {
    job.deadline = {};
    submit(std::move(job));
  }
}

}  // namespace cqrs
