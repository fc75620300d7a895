#include "cli/commands/ceilings.h"

#include "cli/commands/store_bench.h"
#include "cli/load/burst.h"
#include "cli/load/seed_run.h"
#include "cli/output/units.h"
#include "cli/system/scratch.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace cqrs {
namespace {

constexpr std::uint64_t kWarmUp = 500;        // of each kind
constexpr std::uint64_t kNoopBodies = 1'000;  // different ones, made before the clock starts

Status check(const CeilingsOptions& options) {
  if (options.rounds < 1 || options.rounds > 99) {
    return invalid("--rounds", "--rounds must be from 1 to 99");
  }
  if (!(options.seconds >= 0.05 && options.seconds <= 60)) {
    return invalid("--seconds", "--seconds must be from 0.05 to 60");
  }
  if (options.concurrency < 1 || options.concurrency > 1'000) {
    return invalid("--concurrency", "--concurrency must be from 1 to 1000 connections");
  }
  if (options.depth < 1 || options.depth > 500) {
    return invalid("--depth", "--depth must be from 1 to 500 requests in flight per connection");
  }
  return {};
}

class Ceilings {
 public:
  Ceilings(const CeilingsOptions& options, Context& context)
      : options_(options),
        context_(context),
        quiet_{context.options, context.out, context.err, context.interrupted} {
    quiet_.options.quiet = true;
  }

  Result<CeilingsResult> run() {
    auto scratch = Scratch::make(context_.options.data_dir, "ceilings");
    if (!scratch) return scratch.error();
    scratch_ = std::move(*scratch);
    CQRS_TRY(scratch_->start());
    result_.processors = std::max(1U, std::thread::hardware_concurrency());
    CQRS_TRY(warm_up());
    for (int round = 0; round < options_.rounds && !context_.interrupted; ++round) {
      context_.say("round " + std::to_string(round + 1) + " of " + std::to_string(options_.rounds));
      CQRS_TRY(noop());
      CQRS_TRY(end_to_end());
      CQRS_TRY(stores(round));
    }
    return result_;
  }

 private:
  // Caches, allocators and the files' first pages; also tells how large a round may be.
  Status warm_up() {
    auto seeded = seed(kWarmUp);
    if (!seeded) return seeded.error();
    rate_ = seeded->entities_per_s();
    return {};
  }

  Status noop() {
    const auto endpoint = scratch_->system().endpoint();
    if (bodies_.empty()) make_bodies(endpoint);
    load::BurstOptions burst;
    burst.endpoint = endpoint;
    burst.connections = options_.concurrency;
    burst.depth = options_.depth;
    burst.duration = std::chrono::nanoseconds(static_cast<std::int64_t>(options_.seconds * 1e9));
    auto done = load::run_burst(
        burst,
        [this](std::uint64_t index, std::string& bytes) {
          bytes = bodies_[index % bodies_.size()];
        },
        context_.interrupted);
    if (!done) return done.error();
    if (done->refused > 0 && !context_.interrupted) {
      return make_error(ErrorCode::kUnavailable, "the no-op was refused: " + done->first_refusal);
    }
    result_.noop.push_back(done->per_second());
    return {};
  }

  // Requests of all kinds in turn, as large as those of a seed.
  void make_bodies(const load::Endpoint& endpoint) {
    load::CreateRequests requests(endpoint);
    const Generator generator({1, kNoopBodies, kNoopBodies, kNoopBodies});
    for (std::uint64_t i = 0; i < kNoopBodies; ++i) {
      requests.write(bodies_.emplace_back(), generator, kAllKinds.at(i % kAllKinds.size()), i,
                     "/v1/noop");
    }
  }

  Status end_to_end() {
    const auto each = static_cast<std::uint64_t>(rate_ * options_.seconds / kAllKinds.size());
    auto before = read_cpu(scratch_->system());
    if (!before) return before.error();
    auto seeded = seed(std::clamp<std::uint64_t>(each, 100, 1'000'000));
    if (!seeded) return seeded.error();
    auto after = read_cpu(scratch_->system());
    if (!after) return after.error();
    rate_ = seeded->entities_per_s();
    result_.end_to_end.push_back(rate_);
    result_.cost = result_.cost + (*after - *before);
    result_.entities += seeded->acknowledged;
    result_.end_to_end_s += seeded->elapsed_s();
    if (result_.cost.commits > 0) {
      result_.group = static_cast<std::size_t>(
          std::clamp(result_.cost.committed / result_.cost.commits, 1.0, 1'000.0));
    }
    return {};
  }

  Result<SeedResult> seed(std::uint64_t each) {
    SeedPlan plan;
    plan.shape = {++seed_, each, each, each};
    plan.connections = options_.concurrency;
    plan.depth = options_.depth;
    plan.ledger_path = scratch_->file("ledger-" + std::to_string(seed_) + ".bin");
    auto seeded = run_seed_plan(plan, scratch_->system(), quiet_);
    if (!seeded) return seeded.error();
    if (!context_.interrupted &&
        (seeded->acknowledged < plan.shape.total() || !seeded->all_visible)) {
      return make_error(ErrorCode::kUnavailable,
                        "not every command of the seed was acknowledged and visible: " +
                            (seeded->first_rejection.empty() ? "is the machine overloaded?"
                                                             : seeded->first_rejection));
    }
    return seeded;
  }

  Status stores(int round) {
    StoreBenchOptions options;
    options.directory = scratch_->file("stores-" + std::to_string(round));
    options.seed = static_cast<std::uint64_t>(round) * 1'000'000 + 1;
    options.group = std::max<std::size_t>(1, result_.group);
    options.seconds = std::chrono::duration<double>(options_.seconds);
    StoreBench bench(options, context_.interrupted);
    struct Phase {
      std::vector<double>* samples;
      Result<double> (StoreBench::*run)();
    };
    for (const Phase& phase :
         {Phase{&result_.disk, &StoreBench::disk}, Phase{&result_.append, &StoreBench::append},
          Phase{&result_.commit, &StoreBench::commit}, Phase{&result_.read, &StoreBench::read},
          Phase{&result_.apply, &StoreBench::apply}}) {
      if (context_.interrupted) break;
      auto rate = (bench.*phase.run)();
      if (!rate) return rate.error();
      phase.samples->push_back(*rate);
    }
    std::error_code ignored;  // the scratch directory goes as a whole at the end
    std::filesystem::remove_all(options.directory, ignored);
    return {};
  }

  const CeilingsOptions& options_;
  Context& context_;
  Context quiet_;
  std::unique_ptr<Scratch> scratch_;
  std::vector<std::string> bodies_;
  CeilingsResult result_;
  std::uint64_t seed_ = 0;
  double rate_ = 0;
};

}  // namespace

double median(std::vector<double> samples) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

ExitCode run_ceilings(const CeilingsOptions& options, Context& context) {
  if (auto status = check(options); !status) return fail(context, status.error());
  auto result = Ceilings(options, context).run();
  if (context.interrupted) {
    context.say("interrupted: nothing is left behind");
    return ExitCode::kInterrupted;
  }
  if (!result) return fail(context, result.error());
  if (context.json()) {
    context.out << json_of(*result, options).dump() << "\n";
  } else {
    print(*result, options, context.out);
  }
  return ExitCode::kDone;
}

void add_ceilings(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "ceilings", "Measure what each part can do alone, and how much of it is left end to end");
  auto options = std::make_shared<CeilingsOptions>();
  command->add_option("--rounds", options->rounds, "Rounds; medians are told")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Measured time per part and round")
      ->capture_default_str();
  command->add_option("--concurrency", options->concurrency, "Connections")->capture_default_str();
  command->add_option("--depth", options->depth, "Requests in flight on each connection")
      ->capture_default_str();
  command->footer(
      "Runs on a system of its own, which is removed afterwards.\n"
      "Example: cqrsctl ceilings --rounds 5");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_ceilings(*options, context); };
  });
}

}  // namespace cqrs
