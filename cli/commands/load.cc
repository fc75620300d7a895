// `cqrsctl load`: a scenario, from a file or from options, against a running system.
#include "core/workload/scenario_file.h"

#include "cli/commands/commands.h"
#include "cli/commands/load_session.h"
#include "cli/load/load_words.h"
#include "cli/output/units.h"

#include <CLI/CLI.hpp>

#include <charconv>

namespace cqrs {
namespace {

constexpr std::uint32_t kMostShards = 1'000;

struct LoadOptions {
  load::LoadWords words;
  std::string shard;
  std::string ledger;
  std::string min_achieved = "99%";
  std::string verify;
  std::optional<std::string> scale, rate_scale;
  std::string connections = "1k";
  unsigned threads = 1;
  std::string via = "http";
  load::TlsOptions tls;
  bool no_ledger = false;
  bool record_reads = false;
  bool no_verify = false;
};

// "2/4".
Status parse_shard(const std::string& text, LoadSettings& settings) {
  if (text.empty()) return {};
  const auto refuse = [&text] {
    return invalid("--shard", "--shard: \"" + text.substr(0, 40) +
                                  "\" is not I/N, part I of N, with I from 1 to N and N at most " +
                                  std::to_string(kMostShards) + ": --shard 1/2 and --shard 2/2");
  };
  const char* const last = text.data() + text.size();
  const auto first = std::from_chars(text.data(), last, settings.shard);
  if (first.ec != std::errc() || first.ptr == last || *first.ptr != '/') return refuse();
  const auto second = std::from_chars(first.ptr + 1, last, settings.shards);
  const bool read = second.ec == std::errc() && second.ptr == last;
  const bool fits = read && settings.shard >= 1 && settings.shard <= settings.shards &&
                    settings.shards <= kMostShards;
  return fits ? Status() : Status(refuse());
}

Result<double> factor_of(const std::optional<std::string>& text, const char* option) {
  if (!text) return 1.0;
  auto share = parse_share(*text, option);
  if (share && *share <= 0) {
    return invalid(option, std::string(option) + " must be above 0 and at most 1: 0.1 is a tenth");
  }
  return share;
}

Result<LoadSettings> settings_of(const LoadOptions& options) {
  LoadSettings settings;
  CQRS_TRY(parse_shard(options.shard, settings));
  auto scenario = load::scenario_of(options.words);
  if (!scenario) return scenario.error();
  auto time = factor_of(options.scale, "--scale");
  if (!time) return time.error();
  auto rate = factor_of(options.rate_scale, "--rate-scale");
  if (!rate) return rate.error();
  const bool smaller = *time < 1 || *rate < 1;
  settings.scenario = smaller ? scaled(*scenario, *time, *rate) : std::move(*scenario);
  auto share = parse_share(options.min_achieved, "--min-achieved");
  if (!share) return share.error();
  settings.min_achieved = *share;
  auto connections = parse_count(options.connections, "--connections", 100'000);
  if (!connections) return connections.error();
  if (*connections == 0) return invalid("--connections", "--connections must be at least 1");
  settings.connections = *connections;
  settings.via_grpc = options.via == "grpc";
  settings.tls = options.tls;
  settings.threads = options.threads;
  settings.ledger = options.ledger;
  settings.keep_ledger = !options.no_ledger;
  settings.record_reads = options.record_reads;
  settings.verify = !options.no_verify && !options.no_ledger;
  if (!options.verify.empty()) settings.verify_modes = {options.verify};
  if (options.no_ledger && !options.ledger.empty()) {
    return invalid("--no-ledger", "--no-ledger and --ledger exclude each other: leave one out");
  }
  return settings;
}

}  // namespace

std::string run_report_directory(const Context& context) {
  return context.options.report_dir.empty() ? context.options.data_dir + "/report"
                                            : context.options.report_dir;
}

// What a run leaves behind: its result on stdout, its report in a directory.
ExitCode deliver(const RunRecord& record, Context& context) {
  const std::string directory = run_report_directory(context);
  const auto written = write_run_report(directory, record);
  if (context.json()) {
    Json json = summary_json(record);
    if (written) json["report"] = directory;
    context.out << json.dump() << "\n";
  } else {
    print(record, context.out);
    if (written) context.out << "report      " << directory << "/report.html\n";
  }
  if (!written) {
    context.say("cqrsctl: no report was written: " + written.error().message);
    if (record.exit_code == 0) return ExitCode::kUnavailable;
  }
  return static_cast<ExitCode>(record.exit_code);
}

namespace {

ExitCode run_load_command(const LoadOptions& options, Context& context) {
  auto settings = settings_of(options);
  if (!settings) return fail(context, settings.error(), ExitCode::kUsage);
  auto record = run_load_session(*settings, context);
  if (!record && context.interrupted) {
    return fail(context, record.error(), ExitCode::kInterrupted);
  }
  if (!record) return fail(context, record.error());
  return deliver(*record, context);
}

constexpr const char* kExamples =
    "Examples:\n"
    "  cqrsctl load                                    # 200/s for 30 s, a mixed load\n"
    "  cqrsctl load --scenario scenarios/smoke.json\n"
    "  cqrsctl load --mix create_order=70,cancel_order=10,get_order=20 --rate 500 --duration 60s\n"
    "  cqrsctl load --rate 100:2000/60s --slo 'command.latency:p99<250ms' --slo "
    "'staleness:p99<1s'\n"
    "  cqrsctl load --closed --concurrency 8 --think 10ms\n"
    "  cqrsctl load --scenario FILE --seed 7 --shard 1/2   # the other half: --shard 2/2\n"
    "\n"
    "Latency counts from the scheduled start, whatever the system does. Ends with 0 when every\n"
    "check and threshold holds, 1 when something acknowledged is not there, 4 when outcomes are\n"
    "unknown or the views did not settle, 5 when the schedule was missed or the generator was the\n"
    "limit, 99 when a threshold broke, 130 after Ctrl-C.";

void add_what(CLI::App& command, LoadOptions& options) {
  auto& words = options.words;
  command.add_option("--scenario", words.scenario, "Scenario file; other options change it");
  command.add_option("--mix", words.mix, "Operations and weights: create_order=70,get_order=30");
  command.add_option("--users", words.users, "Users that are there before (default 1k)");
  command.add_option("--products", words.products, "Products that are there before (default 1k)");
  command.add_option("--orders", words.orders, "Orders that are there before");
  command.add_option("--seed", words.seed,
                     "Same seed, same schedule and data; default: a new one every time");
  command.add_option("--fault", words.faults,
                     "What to break and when: kill:projector@30s,restart@+10s");
  command.add_option("--slo", words.slos, "What must hold: 'command.latency:p99<250ms'");
  command.add_option("--scale", options.scale,
                     "Durations and data by this factor, e.g. 0.1 for a quick look");
  command.add_option("--rate-scale", options.rate_scale, "Rates and clients by this factor");
}

void add_when(CLI::App& command, LoadOptions& options) {
  auto& words = options.words;
  command.add_option("--rate", words.rate, "Operations per second: 500, or a ramp 100:2000/60s");
  command.add_option("--stages", words.stages, "500@30s,1000@1m");
  command.add_option("--arrival", words.arrival, "uniform or poisson");
  command.add_option("--warmup", words.warmup, "Sent and proven, but in no figure");
  command.add_option("--duration", words.duration, "How long to measure");
  command.add_flag("--closed", words.closed, "Closed model: clients that wait for their answers");
  command.add_option("--concurrency", words.concurrency, "Clients of the closed model");
  command.add_option("--think", words.think, "Pause of a client after an answer");
  command.add_option("--timeout", words.timeout, "Of one request (default 10s)");
  command.add_option("--max-inflight", words.max_inflight,
                     "Unanswered operations at most; beyond it the schedule lags (default 10k)");
  command.add_option("--via", options.via, "http, or grpc: to the roles, past the gateway")
      ->check(CLI::IsMember({"http", "grpc"}))
      ->capture_default_str();
  command.add_option("--tls-ca", options.tls.ca_file,
                     "Authorities to trust (PEM), for an https --target");
  command.add_option("--tls-cert", options.tls.certificate_file, "Our certificate (PEM)");
  command.add_option("--tls-key", options.tls.key_file, "Its key (PEM)");
  command.add_flag("--tls-insecure", options.tls.insecure, "Accept any certificate");
  command.add_option("--connections", options.connections, "Connections at most")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads of the generator")
      ->check(CLI::Range(1, 64).description(""))
      ->capture_default_str();
  command.add_option("--shard", options.shard,
                     "Part I of N of one run, I/N: the same command and --seed for each");
}

void add_proof(CLI::App& command, LoadOptions& options) {
  command.add_option("--probe-staleness", options.words.probe_staleness,
                     "Follow commands until they can be read: all, 1/N or none");
  command
      .add_option("--min-achieved", options.min_achieved,
                  "Open model: a run that sent less of its schedule is invalid")
      ->capture_default_str();
  command.add_option("--ledger", options.ledger,
                     "File that records every command; default: in the data directory");
  command.add_flag("--no-ledger", options.no_ledger, "Keep none, and prove nothing");
  command.add_flag("--record-reads", options.record_reads,
                   "Also what every read saw: for ledger export");
  command
      .add_option("--verify", options.verify,
                  "Mode of the verification afterwards; default: what the scenario says")
      ->check(CLI::IsMember({"default", "counts", "buckets", "deep", "ledger", "order"}));
  command.add_flag("--no-verify", options.no_verify, "Do not look afterwards what is there");
}

}  // namespace

void add_load(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "load", "Load the system on a schedule, measure it honestly, and prove what it acknowledged");
  auto options = std::make_shared<LoadOptions>();
  add_what(*command, *options);
  add_when(*command, *options);
  add_proof(*command, *options);
  command->footer(kExamples);
  command->callback([options, &action] {
    action = [options](Context& context) { return run_load_command(*options, context); };
  });
}

}  // namespace cqrs
