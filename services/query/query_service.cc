#include "services/query/query_service.h"

#include "core/read/order_details.h"
#include "core/read/pages.h"

#include "services/chassis/cpu_time.h"

#include <algorithm>
#include <utility>

namespace cqrs {
namespace {

constexpr std::size_t kBatch = 64;

std::string etag_of(const ViewRow& row, int generation) {
  return "\"g" + std::to_string(generation) + "-" + std::to_string(row.version) + "\"";
}

// One of the listed ETags, or "*" for any.
bool names(const std::string& if_none_match, const std::string& etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string::npos;
}

http::Response row_answer(const ViewRow& row, std::string body, int generation,
                          const QueryJob& job) {
  http::Response response;
  const std::string etag = etag_of(row, generation);
  // The joined form changes with its user and products too, which its ETag does not tell.
  if (job.what == QueryJob::What::kById && names(job.if_none_match, etag)) {
    response.status = 304;
  } else {
    response.body = std::move(body);
  }
  response.headers.emplace_back("ETag", etag);
  return response;
}

Error not_found(const StreamKey& key) {
  return make_error(ErrorCode::kNotFound,
                    "no " + std::string(kind_name(key.kind)) + " " + to_string(key.id));
}

const char* name_of(const QueryJob& job) {
  switch (job.what) {
    case QueryJob::What::kById:
      return "by_id";
    case QueryJob::What::kOrderDetails:
      return "order_details";
    case QueryJob::What::kList:
      return "list";
  }
  return "unknown";
}

}  // namespace

QueryService::QueryService(OpenStore open, ReadPosition& position, std::function<Position()> head,
                           Metrics& metrics, const QueryOptions& options)
    : open_(std::move(open)),
      position_(position),
      head_(std::move(head)),
      metrics_(metrics),
      options_(options),
      queue_(options.queue_limit) {
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
  watcher_ = std::thread([this] { watch(); });
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
}

void QueryService::work() {
  std::unique_ptr<ReadStore> store;
  int generation = 0;
  CpuLap cpu;
  for (;;) {
    auto jobs = queue_.pop_batch(kBatch);
    if (jobs.empty()) return;
    const auto started = std::chrono::steady_clock::now();
    const ReadPosition::Pin pin(position_);
    const int live = pin.generation();
    if (!store || live != generation) {
      auto opened = open_(live);
      if (!opened) {
        for (auto& job : jobs) job.responder(http::problem(opened.error()));
        continue;
      }
      store = std::move(*opened);
      generation = live;
    }
    for (auto& job : jobs) run(job, *store, generation);
    metrics_.observe_stage("query", std::chrono::steady_clock::now() - started);
    metrics_.add_stage_cpu("query", cpu.lap());
  }
}

Error QueryService::behind(const std::string& wanted) const {
  const ReadState state = position_.get();
  return make_error(ErrorCode::kTimeout, "the views have not reached " + wanted +
                                             " in time: applied " + std::to_string(state.applied) +
                                             " of " + std::to_string(head_()) + " (lag " +
                                             std::to_string(head_() - state.applied) + ")");
}

void QueryService::run(QueryJob& job, ReadStore& store, int generation) {
  const std::uint64_t seen = changes_;
  const bool expired = std::chrono::steady_clock::now() >= job.deadline;
  const auto answer = [&](http::Response response) {
    metrics_.count_query(name_of(job), response.status);
    job.responder(std::move(response));
  };
  if (job.min_position > 0) {
    auto applied = store.applied();
    if (!applied) return answer(http::problem(applied.error()));
    if (*applied < job.min_position) {
      if (!expired) return park(std::move(job), seen);
      return answer(http::problem(behind("position " + std::to_string(job.min_position))));
    }
  }
  if (job.what == QueryJob::What::kList) {
    PageRequest page{job.limit, {}};
    if (!job.cursor.empty()) {
      auto after = parse_page_cursor(job.cursor, generation);
      if (!after) return answer(http::problem(after.error()));
      page.after = *after;
    }
    auto body = list_body(store, job.key.kind, page, generation);
    if (!body) return answer(http::problem(body.error()));
    return answer({200, "application/json", std::move(*body), {}});
  }

  std::optional<ViewRow> row;
  std::string body;
  if (job.what == QueryJob::What::kOrderDetails) {
    auto details = order_details(store, job.key.id);
    if (!details) return answer(http::problem(details.error()));
    if (*details) {
      body = std::move((*details)->body);
      row = std::move((*details)->order);
    }
  } else {
    auto rows = store.get({&job.key, 1});
    if (!rows) return answer(http::problem(rows.error()));
    row = std::move(rows->front());
    if (row) body = std::move(row->body);
  }
  if (job.min_version > 0 && (row ? row->version : 0) < job.min_version) {
    if (!expired) return park(std::move(job), seen);
    return answer(http::problem(behind("version " + std::to_string(job.min_version) + " of this " +
                                       std::string(kind_name(job.key.kind)))));
  }
  if (!row || row->deleted) return answer(http::problem(not_found(job.key)));
  answer(row_answer(*row, std::move(body), generation, job));
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
    if (!moved_ && std::chrono::steady_clock::now() < earliest) {
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
