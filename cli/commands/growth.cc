#include "cli/commands/growth.h"

#include "core/wiring/sizes.h"

#include "cli/load/burst.h"
#include "cli/output/units.h"
#include "cli/system/scratch.h"

#include <CLI/CLI.hpp>

#include <fstream>
#include <thread>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::uint64_t kKinds = kAllKinds.size();
constexpr std::uint64_t kSeed = 42;
constexpr std::chrono::seconds kVisiblePatience{60};

// What the process handed to write() for files; sockets do not go that way. Not write_bytes: that
// counts pages as they become dirty, and nothing at all in memory file systems.
std::uint64_t bytes_written(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/io");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("wchar: ", 0) == 0) return std::strtoull(line.c_str() + 7, nullptr, 10);
  }
  return 0;
}

class Growth {
 public:
  Growth(const GrowthOptions& options, std::vector<GrowthWindow> windows, Context& context)
      : options_(options), windows_(std::move(windows)), context_(context) {}

  Result<GrowthResult> run() {
    auto scratch = Scratch::make(context_.options.data_dir, "growth");
    if (!scratch) return scratch.error();
    scratch_ = std::move(*scratch);
    CQRS_TRY(scratch_->start());
    auto started = read_cpu(scratch_->system());
    if (!started) return started.error();
    GrowthResult result;
    for (const auto& window : windows_) {
      CQRS_TRY(grow_to(window.from));
      auto point = measure(window, *started);
      if (!point) return point.error();
      if (context_.interrupted) return result;
      context_.say(grouped(static_cast<std::int64_t>(window.point)) +
                   " entities: " + cpu_split_text(point->cost, point->window));
      result.points.push_back(std::move(*point));
    }
    conclude(result);
    return result;
  }

 private:
  Result<GrowthPoint> measure(const GrowthWindow& window, const CpuReading& started) {
    GrowthPoint point;
    point.entities = window.point;
    const int pid = scratch_->system().pid;
    const std::uint64_t first = each_;
    const double wall_before = wall_s_;
    const std::uint64_t written_before = bytes_written(pid);
    auto before = read_cpu(scratch_->system());
    if (!before) return before.error();
    CQRS_TRY(grow_to(window.to));
    auto after = read_cpu(scratch_->system());
    if (!after) return after.error();
    auto sizes = embedded::store_sizes(scratch_->data());
    if (!sizes) return sizes.error();
    point.window = (each_ - first) * kKinds;
    point.stored = each_ * kKinds;
    point.cost = *after - *before;
    point.wall_s = wall_s_ - wall_before;
    point.total_cpu_s = (*after - started).total();
    point.total_wall_s = wall_s_;
    point.write_bytes = sizes->write_bytes;
    point.view_bytes = sizes->view_bytes;
    point.written_bytes = bytes_written(pid) - written_before;
    point.rss_bytes = process_usage(pid).rss_bytes;
    return point;
  }

  // Adds users, then products, then orders until there are `entities`, in equal parts. Orders refer
  // to any of the users and products that there are by then, not only to the latest ones.
  Status grow_to(std::uint64_t entities) {
    const std::uint64_t each = entities / kKinds;
    if (each <= each_) return {};
    const Generator generator({kSeed, each, each, each});
    const auto started = Steady::now();
    for (const Kind kind : kAllKinds) {
      if (context_.interrupted) return {};
      CQRS_TRY(send(generator, kind, each_, each));
    }
    CQRS_TRY(wait_until_visible());
    wall_s_ += std::chrono::duration<double>(Steady::now() - started).count();
    each_ = each;
    return {};
  }

  Status send(const Generator& generator, Kind kind, std::uint64_t from, std::uint64_t to) {
    load::BurstOptions burst;
    burst.endpoint = scratch_->system().endpoint();
    burst.connections = options_.concurrency;
    burst.depth = options_.depth;
    burst.count = to - from;
    load::CreateRequests requests(burst.endpoint);
    auto done = load::run_burst(
        burst,
        [&](std::uint64_t index, std::string& bytes) {
          requests.write(bytes, generator, kind, from + index);
        },
        context_.interrupted);
    if (!done) return done.error();
    head_ = std::max(head_, done->last_position);
    if (context_.interrupted || done->acknowledged == burst.count) return {};
    return make_error(ErrorCode::kUnavailable,
                      "a command of the workload was refused: " + done->first_refusal);
  }

  Status wait_until_visible() {
    const auto give_up = Steady::now() + kVisiblePatience;
    while (!context_.interrupted) {
      auto status = call(scratch_->system(), "GET", "/v1/sync-status");
      if (!status) return status.error();
      if (status->value("appliedPosition", Position{0}) >= head_) return {};
      if (Steady::now() >= give_up) {
        return make_error(ErrorCode::kTimeout, "the views did not come to position " +
                                                   std::to_string(head_) +
                                                   " within a minute: is the machine overloaded?");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return {};
  }

  const GrowthOptions& options_;
  std::vector<GrowthWindow> windows_;
  Context& context_;
  std::unique_ptr<Scratch> scratch_;
  std::uint64_t each_ = 0;  // entities of each kind so far
  Position head_ = 0;
  double wall_s_ = 0;
};

Result<std::vector<GrowthWindow>> plan_of(const GrowthOptions& options) {
  auto points = parse_points(options.points);
  if (!points) return points.error();
  if (options.concurrency < 1 || options.concurrency > 1'000) {
    return invalid("--concurrency", "--concurrency must be from 1 to 1000 connections");
  }
  if (options.depth < 1 || options.depth > 500) {
    return invalid("--depth", "--depth must be from 1 to 500 requests in flight per connection");
  }
  return windows_of(*points);
}

}  // namespace

ExitCode run_growth(const GrowthOptions& options, Context& context) {
  auto windows = plan_of(options);
  if (!windows) return fail(context, windows.error());
  auto result = Growth(options, *windows, context).run();
  if (context.interrupted) {
    context.say("interrupted: nothing is left behind");
    return ExitCode::kInterrupted;
  }
  if (!result) return fail(context, result.error());
  if (context.json()) {
    context.out << json_of(*result, options).dump() << "\n";
  } else {
    print(*result, context.out);
  }
  return ExitCode::kDone;
}

void add_growth(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "growth", "Measure what one entity costs as there are more and more of them");
  auto options = std::make_shared<GrowthOptions>();
  command
      ->add_option("--points", options->points,
                   "Entities (users, products and orders in equal parts) at which to measure")
      ->capture_default_str();
  command->add_option("--concurrency", options->concurrency, "Connections")->capture_default_str();
  command->add_option("--depth", options->depth, "Requests in flight on each connection")
      ->capture_default_str();
  command->footer(
      "Runs on a system of its own, which is removed afterwards.\n"
      "Example: cqrsctl growth --points 10k,100k,1m");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_growth(*options, context); };
  });
}

}  // namespace cqrs
