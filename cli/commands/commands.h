// Every command: its options as a struct, add_* to declare its flags, run_* to carry it out. run_*
// can be called without a command line, as demo and the tests do.
#pragma once

#include "cli/commands/standard_flags.h"
#include "cli/context.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace cqrs {

// Collects what to run after parsing: the chosen subcommand sets it.
using Action = std::function<ExitCode(Context&)>;

struct UpOptions {
  std::string listen = "127.0.0.1:0";
  bool rebuild_views = false;
  bool demo_data = false;
  bool allow_import = false;
  bool bench_routes = false;
  StandardFlags standard;
  std::vector<std::string> replicas;  // "command=2"
  std::string fault_proxy;            // "postgres,redis"
};
void add_up(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_up(const UpOptions& options, Context& context);

// The process that `up --fault-proxy` starts; by itself it runs until Ctrl-C.
struct ProxyOptions {
  std::vector<std::string> servers;  // "postgres=127.0.0.1:5432" or "…@PORT" to listen there
  std::string listen = "127.0.0.1:0";
  int ready_fd = -1;
};
void add_proxy(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_proxy(const ProxyOptions& options, Context& context);

struct MigrateOptions {
  StandardFlags standard;
  std::optional<int> to;  // nothing: the newest
  bool lose_data = false;
  bool execute = false;
};
void add_migrate(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_migrate(const MigrateOptions& options, Context& context);

struct TopicsOptions {
  StandardFlags standard;
  bool create = false;
  bool execute = false;
};
void add_topics(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_topics(const TopicsOptions& options, Context& context);

struct ConnectorOptions {
  StandardFlags standard;
  bool sink = false;  // which one: else Debezium's
  bool settings = false;
  bool remove = false;
  bool execute = false;
};
void add_connector(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_connector(const ConnectorOptions& options, Context& context);

struct DownOptions {
  std::string timeout = "60s";
};
void add_down(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_down(const DownOptions& options, Context& context);

void add_status(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_status(Context& context);

void add_doctor(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_doctor(Context& context);

struct SeedOptions {
  // As they were given; nothing: 10k each, 42; a resume has them from its ledger.
  std::optional<std::string> users, products, orders, seed;
  std::string via = "http";
  std::optional<std::string> concurrency, depth;  // connections; requests on each
  std::optional<std::string> batch;
  std::optional<std::string> rate, max_in_flight;
  std::string min_achieved = "99%";
  std::string timeout = "30s";
  std::string settle = "60s";
  std::string ledger;  // empty: inside the data directory, named after the seed
  bool resume = false;
  bool verify = true;
};
void add_seed(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_seed(const SeedOptions& options, Context& context);

void add_load(CLI::App& app, Action& action);
void add_knee(CLI::App& app, Action& action);
void add_chaos(CLI::App& app, Action& action);

struct VerifyOptions {
  std::string mode;  // empty: counts, buckets, order, and the ledger when there is one
  std::string stores = "write,log,read";
  std::string as_of = "head";
  std::string settle = "30s";
  std::string min_age = "0s";
  std::size_t limit = 100;
  std::string inject;
  std::string emit_repair;           // file to write a repair plan to
  std::vector<std::string> ledgers;  // empty: those of the data directory
  bool probe = false;                // with --target: experiments, too
};
void add_verify(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_verify(const VerifyOptions& options, Context& context);

struct RepairOptions {
  std::string file;
  bool execute = false;
  bool renew_topics = false;
  std::size_t limit = 20;
};
void add_repair(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_repair(const RepairOptions& options, Context& context);

struct ReplayOptions {
  std::string projection = "all";
  std::string from = "start";
  std::string to = "head";
  std::string mode = "shadow";
  std::string rate;  // empty: no limit
  bool verify = true;
  bool execute = false;
  bool switch_live = false;
  std::string timeout = "1h";
};
void add_replay(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_replay(const ReplayOptions& options, Context& context);

struct ExportOptions {
  std::string from = "1";
  std::string to;   // empty: the last event there is when it begins
  std::string out;  // empty: stdout
};
[[nodiscard]] ExitCode run_export(const ExportOptions& options, Context& context);
struct ImportOptions {
  std::vector<std::string> files;
  bool execute = false;
};
[[nodiscard]] ExitCode run_import(const ImportOptions& options, Context& context);
void add_events(CLI::App& app, Action& action);
// The script that completes command lines, made from the commands of `app` as they are. `shell`:
// bash, zsh or fish.
[[nodiscard]] std::string completion_script(const CLI::App& app, const std::string& shell);
void add_completion(CLI::App& app, Action& action);
void add_ledger(CLI::App& app, Action& action);

struct CeilingsOptions {
  int rounds = 3;
  double seconds = 2;  // measured time per part and round
  std::size_t concurrency = 8;
  std::size_t depth = 64;
};
void add_ceilings(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_ceilings(const CeilingsOptions& options, Context& context);

struct GrowthOptions {
  std::string points = "10k,30k,100k,300k";
  std::size_t concurrency = 8;
  std::size_t depth = 64;
};
void add_growth(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_growth(const GrowthOptions& options, Context& context);

struct ReportOptions {
  std::vector<std::string> runs;  // report directories: one, or all shards of a run
  std::string out;                // empty: nothing is written
};
void add_report(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_report(const ReportOptions& options, Context& context);

struct CompareOptions {
  std::vector<std::string> sides;          // BASE NEW: each one directory, or several with commas
  std::vector<std::string> base, changed;  // or so
  std::string max_regression;              // "10%"; empty: no limit
  std::string out;                         // empty: nothing is written
};
void add_compare(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_compare(const CompareOptions& options, Context& context);

struct DemoOptions {
  std::string size = "20k";
  bool keep = false;
};
void add_demo(CLI::App& app, Action& action);
[[nodiscard]] ExitCode run_demo(const DemoOptions& options, Context& context);

}  // namespace cqrs
