#include "services/command/committer.h"

#include "core/base/crypto.h"

#include <algorithm>
#include <map>

namespace cqrs {
namespace {

// From here to whoever waits, through the processes between.
constexpr std::chrono::microseconds kOutcomesTravel{400};

}  // namespace

Committer::Committer(WriteStore& store, const Clock& clock, Metrics& metrics,
                     std::function<void(Position)> on_commit, const CommitterOptions& options)
    : options_(options),
      store_(store),
      handler_(store_, clock, random_u64()),
      metrics_(metrics),
      on_commit_(std::move(on_commit)),
      queue_(options.queue_limit),
      thread_([this] { run(); }) {}

Committer::~Committer() { stop(); }

Status Committer::submit(std::vector<PendingCommand>& commands) {
  if (queue_.try_push_all(commands)) return {};
  if (stopping_.load()) {
    return make_error(ErrorCode::kUnavailable, "the service is shutting down: try again elsewhere");
  }
  return make_error(ErrorCode::kOverloaded, "the command queue is full (limit " +
                                                std::to_string(options_.queue_limit) +
                                                "): slow down and retry");
}

Status Committer::commit_upgrades(std::vector<CredentialUpgrade> upgrades) {
  auto job = std::make_shared<UpgradeJob>();
  job->upgrades = std::move(upgrades);
  // Whatever the queue took is worked off before the thread ends, so the promise is kept.
  auto done = job->done.get_future();
  std::vector<PendingCommand> group(1);
  group.front().job = std::move(job);
  CQRS_TRY(submit(group));
  return done.get();
}

void Committer::stop() {
  stopping_.store(true);
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  for (;;) {
    announce_when_due();
    auto batch = queue_.pop_batch(options_.batch_max);
    if (batch.empty()) break;
    run_jobs(batch);
    if (!batch.empty()) execute(batch);
  }
  store_.announce();
}

void Committer::announce_when_due() {
  if (!unannounced_) return;
  const auto due = *unannounced_ + options_.announce_within;
  const bool goes_on = std::chrono::steady_clock::now() < due &&
                       queue_.wait_for_work(std::min(kOutcomesTravel, options_.announce_within));
  if (goes_on) return;
  unannounced_.reset();
  store_.announce();
}

void Committer::run_jobs(std::vector<PendingCommand>& batch) {
  const auto first_job = std::stable_partition(
      batch.begin(), batch.end(), [](const PendingCommand& pending) { return !pending.job; });
  for (auto at = first_job; at != batch.end(); ++at) {
    at->job->done.set_value(store_.transact({}, [&](const Loaded&) {
      Changes changes;
      changes.upgrades = at->job->upgrades;
      return changes;
    }));
  }
  batch.erase(first_job, batch.end());
}

void Committer::execute(std::vector<PendingCommand>& batch) {
  const auto started = std::chrono::steady_clock::now();
  std::vector<Command> commands;
  commands.reserve(batch.size());
  for (auto& pending : batch) commands.push_back(std::move(pending.command));
  std::vector<Outcome> outcomes = handler_.execute(commands);

  metrics_.observe_stage("commit", std::chrono::steady_clock::now() - started);
  metrics_.observe_batch("commit", batch.size());
  Position last = 0;
  std::map<std::pair<const char*, std::string_view>, int> counts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    ++counts[{batch[i].name, outcome.ok() ? "ok" : code_name(outcome.error().code)}];
    if (outcome.ok()) last = std::max(last, outcome->position);
  }
  for (const auto& [key, count] : counts) {
    metrics_.count_command(key.first, std::string(key.second), count);
  }
  // Readers are woken before the answers go out, so that a client that reads at once finds them
  // busy.
  if (last > 0) on_commit_(last);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].reply->deliver(batch[i].index, std::move(outcomes[i]));
  }
  if (!unannounced_) unannounced_ = std::chrono::steady_clock::now();
  // Everything of this thread that is not the store: deciding, and turning outcomes into answers.
  const auto store = store_.take_spent();
  metrics_.add_stage_cpu("store", store);
  metrics_.add_stage_cpu("decide", cpu_.lap() - store);
}

}  // namespace cqrs
