#include "cli/commands/ledger_loads.h"

#include "core/verify/op_ledger.h"

#include "cli/output/units.h"
#include "cli/report/jepsen_history.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

namespace cqrs {
namespace {

// Ends a walk early; never leaves this file.
const Error& enough() {
  static const Error kEnough = make_error(ErrorCode::kTimeout, "enough");
  return kEnough;
}

struct Counts {
  std::map<std::string, std::array<std::uint64_t, 3>> by_operation;  // by status
  std::array<std::uint64_t, 3> all{};
};

std::size_t slot(LedgerStatus status) { return static_cast<std::size_t>(status) - 1; }

std::string count_text(std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); }

void print_stat(const std::string& path, const OpLedgerScan& scan, const Counts& counts,
                const Context& context) {
  const OpLedgerHead& head = scan.head;
  context.out << path << "\n  load " << head.name << "   seed " << head.data.seed;
  if (head.shards > 1) context.out << "   shard " << head.shard << " of " << head.shards;
  context.out << "   since " << to_string(head.created_at)
              << (scan.being_written ? "   being written"
                  : scan.closed      ? ""
                                     : "   broken off")
              << "\n";
  for (const auto& [name, by_status] : counts.by_operation) {
    context.out << "  " << name << "   acknowledged " << count_text(by_status[0]) << "   rejected "
                << count_text(by_status[1]) << "   indeterminate " << count_text(by_status[2])
                << "\n";
  }
  if (scan.torn_bytes > 0) {
    context.out << "  torn tail " << count_text(scan.torn_bytes) << " bytes, ignored\n";
  }
}

Json json_of(const OpOutcomeRecord& record) {
  return {{"number", record.number},
          {"operation", info_of(record.operation).name},
          {"kind", kind_name(info_of(record.operation).kind)},
          {"id", to_string(record.id)},
          {"status", ledger_status_name(record.status)},
          {"version", record.version},
          {"position", record.position},
          {"mark", to_string(record.mark)},
          {"scheduled", to_string(record.scheduled)},
          {"sent_after_us", record.sent_after_us},
          {"completed_after_us", record.completed_after_us}};
}

void print_record(const OpOutcomeRecord& record, const Context& context) {
  if (context.json()) {
    context.out << json_of(record).dump() << "\n";
    return;
  }
  context.out << info_of(record.operation).name << " " << record.number << "  "
              << to_string(record.id) << "  " << ledger_status_name(record.status) << "  v"
              << record.version << "  position " << record.position << "  after "
              << micros_text(record.completed_after_us) << "\n";
}

HistoryOperation history_of(const OpOutcomeRecord& record) {
  const OperationInfo& info = info_of(record.operation);
  HistoryOperation out;
  out.number = record.number;
  out.operation = info.name;
  out.key = std::string(kind_name(info.kind)) + "/" + to_string(record.id);
  out.read = !info.command;
  out.version = record.version;
  out.invoked_ns = (record.scheduled.micros + record.sent_after_us) * 1'000;
  out.completed_ns = (record.scheduled.micros + record.completed_after_us) * 1'000;
  out.outcome = record.status == LedgerStatus::kAcknowledged ? HistoryOutcome::kOk
                : record.status == LedgerStatus::kRejected   ? HistoryOutcome::kFail
                                                             : HistoryOutcome::kInfo;
  return out;
}

// Of one operation the last word counts, as in verify.
Result<std::vector<HistoryOperation>> read_history(const std::vector<std::string>& paths) {
  std::map<std::uint64_t, HistoryOperation> operations;
  for (const auto& path : paths) {
    auto scan = scan_op_ledger(path, [&](const OpOutcomeRecord& record) -> Status {
      if (info_of(record.operation).target == OperationTarget::kNone) return {};
      auto& kept = operations[record.number];
      if (kept.outcome != HistoryOutcome::kOk || kept.operation.empty()) kept = history_of(record);
      return {};
    });
    if (!scan) return scan.error();
  }
  std::vector<HistoryOperation> out;
  out.reserve(operations.size());
  for (auto& [number, operation] : operations) out.push_back(std::move(operation));
  return out;
}

}  // namespace

Result<Json> stat_load_ledger(const std::string& path, const Context& context) {
  Counts counts;
  auto scan = scan_op_ledger(path, [&](const OpOutcomeRecord& record) -> Status {
    ++counts.by_operation[std::string(info_of(record.operation).name)][slot(record.status)];
    ++counts.all[slot(record.status)];
    return {};
  });
  if (!scan) return scan.error();
  if (!context.json()) print_stat(path, *scan, counts, context);
  Json operations = Json::object();
  for (const auto& [name, by_status] : counts.by_operation) {
    operations[name] = {{"acknowledged", by_status[0]},
                        {"rejected", by_status[1]},
                        {"indeterminate", by_status[2]}};
  }
  return Json{{"ledger", path},
              {"load", scan->head.name},
              {"seed", scan->head.data.seed},
              {"shard", scan->head.shard},
              {"shards", scan->head.shards},
              {"created_at", to_string(scan->head.created_at)},
              {"acknowledged", counts.all[0]},
              {"rejected", counts.all[1]},
              {"indeterminate", counts.all[2]},
              {"operations", std::move(operations)},
              {"closed", scan->closed},
              {"torn_bytes", scan->torn_bytes},
              {"being_written", scan->being_written}};
}

Result<std::size_t> show_load_ledger(const std::string& path, const std::string& status,
                                     std::size_t left, const Context& context) {
  auto scan = scan_op_ledger(path, [&](const OpOutcomeRecord& record) -> Status {
    if (left == 0) return enough();
    if (!status.empty() && ledger_status_name(record.status) != status) return {};
    print_record(record, context);
    --left;
    return {};
  });
  if (!scan && left > 0) return scan.error();
  return left;
}

Status export_history(const HistoryExport& wanted, const Context& context) {
  auto format = parse_history_format(wanted.format);
  if (!format) return format.error();
  for (const auto& path : wanted.paths) {
    if (is_op_ledger(path)) continue;
    return invalid("FILE", path +
                               " is not the ledger of a load: a seed's has no times of its own, "
                               "cqrsctl load writes ledgers/load-SEED.bin");
  }
  auto operations = read_history(wanted.paths);
  if (!operations) return operations.error();
  const HistoryOptions options{*format, !wanted.writes_only};
  if (wanted.out.empty()) {
    write_history(*operations, options, context.out);
    context.out.flush();
    return context.out.good()
               ? Status()
               : Status(make_error(ErrorCode::kUnavailable, "cannot write the history to stdout"));
  }
  if (std::filesystem::exists(wanted.out)) {
    return invalid("--out", wanted.out + " is there already: remove it, or name another file");
  }
  std::ofstream file(wanted.out, std::ios::binary);
  write_history(*operations, options, file);
  file.close();
  if (file.good()) return {};
  return make_error(ErrorCode::kUnavailable,
                    "cannot write " + wanted.out + ": look at that disk, or name another file");
}

}  // namespace cqrs
