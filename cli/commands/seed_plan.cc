// From the options of `seed` to a plan: every limit is checked here, before anything is touched.
#include "core/verify/ledger_progress.h"

#include "cli/commands/ledgers.h"
#include "cli/commands/seed.h"
#include "cli/output/units.h"

#include <algorithm>
#include <charconv>

namespace cqrs {
namespace {

constexpr std::uint64_t kMostEntities = 10'000'000;
constexpr std::uint64_t kMostConnections = 1'000;
// What the service reads ahead on one connection, takes in one batch, and keeps waiting at all.
constexpr std::uint64_t kMostDepth = 500;
constexpr std::uint64_t kMostBatch = 10'000;
constexpr std::uint64_t kServiceQueue = 20'000;
constexpr std::uint64_t kMostInFlight = 200'000;
constexpr double kMostRate = 1'000'000;

Result<std::uint64_t> number_of(const std::optional<std::string>& text, const char* option,
                                std::uint64_t standard, std::uint64_t most) {
  if (!text) return standard;
  auto number = parse_count(*text, option, most);
  if (!number) return number.error();
  if (*number == 0) {
    return invalid(option, std::string(option) + " must be from 1 to " +
                               grouped(static_cast<std::int64_t>(most)) +
                               ": 0 would never send anything");
  }
  return *number;
}

Result<std::chrono::milliseconds> duration_of(const std::string& text, const char* option,
                                              bool zero_allowed) {
  auto duration = parse_duration(text, option);
  if (duration && duration->count() == 0 && !zero_allowed) {
    return invalid(option, std::string(option) + " must be at least 1ms: 30s is usual");
  }
  return duration;
}

Result<std::uint64_t> seed_of(const std::optional<std::string>& text) {
  if (!text) return std::uint64_t{42};
  std::uint64_t seed = 0;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, seed);
  if (error != std::errc() || end != last) {
    return invalid("--seed", "--seed must be a whole number from 0 to 2^64-1, not \"" +
                                 text->substr(0, 40) + "\"");
  }
  return seed;
}

Result<WorkloadShape> shape_of(const SeedOptions& options, const WorkloadShape& standard) {
  WorkloadShape shape = standard;
  const auto count = [](const std::optional<std::string>& text, const char* option,
                        std::uint64_t& out) -> Status {
    if (!text) return {};
    auto number = parse_count(*text, option, kMostEntities);
    if (!number) return number.error();
    out = *number;
    return {};
  };
  CQRS_TRY(count(options.users, "--users", shape.users));
  CQRS_TRY(count(options.products, "--products", shape.products));
  CQRS_TRY(count(options.orders, "--orders", shape.orders));
  if (options.seed) {
    auto seed = seed_of(options.seed);
    if (!seed) return seed.error();
    shape.seed = *seed;
  }
  return shape;
}

Result<WorkloadShape> fresh_shape(const SeedOptions& options) {
  auto shape = shape_of(options, {42, 10'000, 10'000, 10'000});
  if (!shape) return shape.error();
  if (shape->total() == 0) {
    return invalid("--users", "there is nothing to seed: ask for at least 1");
  }
  if (shape->orders > 0 && (shape->users == 0 || shape->products == 0)) {
    return invalid("--orders",
                   "--orders needs at least 1 user and 1 product of the same run to refer to: "
                   "add --orders 0, or more users and products");
  }
  return shape;
}

std::string text_of(const WorkloadShape& shape) {
  const auto count = [](std::uint64_t number) {
    return grouped(static_cast<std::int64_t>(number));
  };
  return "seed " + std::to_string(shape.seed) + ", " + count(shape.users) + " users, " +
         count(shape.products) + " products, " + count(shape.orders) + " orders";
}

// The newest run that is not complete; else, of complete ones, the newest.
Result<std::string> newest_run(const DataDir& dir) {
  std::string best;
  Timestamp best_time;
  bool best_open = false;
  for (const auto& path : find_ledgers(dir)) {
    auto progress = LedgerProgress::read(path);
    if (!progress) {
      return make_error(progress.error().code, progress.error().message +
                                                   ": name the run to resume by --ledger, or move "
                                                   "this file away");
    }
    const bool open = !progress->finished();
    const bool better = best.empty() || (open && !best_open) ||
                        (open == best_open && progress->created_at() > best_time);
    if (!better) continue;
    best = path;
    best_time = progress->created_at();
    best_open = open;
  }
  if (best.empty()) {
    return invalid("--resume", "there is no run to resume in " + ledger_directory(dir) +
                                   ": start one with cqrsctl seed, or name a file by --ledger");
  }
  return best;
}

Status plan_resume(const SeedOptions& options, const DataDir& dir, SeedPlan& plan) {
  plan.resume = true;
  plan.ledger_path = options.ledger;
  if (options.ledger.empty()) {
    auto path = newest_run(dir);
    if (!path) return path.error();
    plan.ledger_path = *path;
  }
  auto progress = LedgerProgress::read(plan.ledger_path);
  if (!progress && progress.error().code == ErrorCode::kNotFound) {
    return invalid("--ledger", progress.error().message +
                                   ": name the file of an earlier run, or leave --ledger out");
  }
  if (!progress) return progress.error();
  auto wanted = shape_of(options, progress->shape());
  if (!wanted) return wanted.error();
  if (*wanted != progress->shape()) {
    return invalid("--resume", "the run in " + plan.ledger_path + " is of " +
                                   text_of(progress->shape()) + ", but asked for was " +
                                   text_of(*wanted) +
                                   ": leave these options out, the ledger has them");
  }
  plan.shape = progress->shape();
  return {};
}

Status plan_via(const SeedOptions& options, SeedPlan& plan) {
  if (options.via == "grpc") {
    return invalid("--via", "--via grpc comes with the standard profile: use http or bulk");
  }
  if (options.via != "http" && options.via != "bulk") {
    return invalid("--via", "there is no --via " + options.via.substr(0, 40) +
                                ": use http (a request per command) or bulk (many)");
  }
  plan.via = options.via == "bulk" ? SeedVia::kBulk : SeedVia::kHttp;
  if (options.batch && plan.via != SeedVia::kBulk) {
    return invalid("--batch", "--batch is for batches: add --via bulk");
  }
  auto batch = number_of(options.batch, "--batch", 500, kMostBatch);
  if (!batch) return batch.error();
  plan.batch = plan.via == SeedVia::kBulk ? *batch : 1;
  return {};
}

// How much may be unanswered: C connections with D requests on each in the closed model; a number
// of commands in the open one, spread over as many connections as it takes.
Status plan_load(const SeedOptions& options, SeedPlan& plan) {
  const bool bulk = plan.via == SeedVia::kBulk;
  auto connections =
      number_of(options.concurrency, "--concurrency", bulk ? 4 : 8, kMostConnections);
  if (!connections) return connections.error();
  auto depth = number_of(options.depth, "--depth", bulk ? 2 : 64, kMostDepth);
  if (!depth) return depth.error();
  plan.connections = *connections;
  plan.depth = *depth;
  // More than the service keeps waiting would only be refused.
  const std::uint64_t closed = plan.connections * plan.depth * plan.batch;
  plan.max_in_flight = bulk ? std::min(closed, kServiceQueue) : closed;
  if (!options.rate) {
    if (!options.max_in_flight) return {};
    return invalid("--max-inflight",
                   "--max-inflight bounds the open model: add --rate, or use --concurrency and "
                   "--depth");
  }
  if (options.concurrency || options.depth) {
    return invalid("--rate",
                   "--rate excludes --concurrency and --depth: the rate says what is sent, bound "
                   "what is in flight by --max-inflight");
  }
  auto rate = parse_rate(*options.rate, "--rate", kMostRate);
  if (!rate) return rate.error();
  auto most = number_of(options.max_in_flight, "--max-inflight", 8'000, kMostInFlight);
  if (!most) return most.error();
  plan.rate = *rate;
  plan.max_in_flight = *most;
  plan.connections = std::clamp<std::uint64_t>(*most / kMostDepth + 1, 8, kMostConnections);
  plan.depth = *most / plan.connections + 1;
  return {};
}

}  // namespace

Result<SeedPlan> plan_seed(const SeedOptions& options, const DataDir& dir) {
  SeedPlan plan;
  CQRS_TRY(plan_via(options, plan));
  CQRS_TRY(plan_load(options, plan));
  auto timeout = duration_of(options.timeout, "--timeout", false);
  if (!timeout) return timeout.error();
  plan.timeout = *timeout;
  // Long enough for a request to time out, and to be answered when it is sent again.
  plan.patience = std::max(plan.patience, 2 * *timeout);
  auto settle = duration_of(options.settle, "--settle", true);
  if (!settle) return settle.error();
  plan.settle = *settle;
  if (options.resume) {
    CQRS_TRY(plan_resume(options, dir, plan));
    return plan;
  }
  auto shape = fresh_shape(options);
  if (!shape) return shape.error();
  plan.shape = *shape;
  plan.ledger_path = options.ledger.empty() ? ledger_path(dir, shape->seed) : options.ledger;
  return plan;
}

}  // namespace cqrs
