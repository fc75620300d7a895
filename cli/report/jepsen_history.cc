#include "cli/report/jepsen_history.h"

#include "core/base/json_tree.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <unordered_set>

namespace cqrs {
namespace {

// One line to come.
struct Moment {
  std::int64_t at = 0;
  bool completion = false;
  std::size_t operation = 0;
  [[nodiscard]] auto order() const { return std::tuple(at, completion, operation); }
};

// A version is positive; what a write of which none is known wrote is a number that is nobody
// else's.
std::int64_t written(const HistoryOperation& operation) {
  if (operation.version > 0) return operation.version;
  return -static_cast<std::int64_t>(operation.number) - 1;
}

class Writer {
 public:
  Writer(const std::vector<HistoryOperation>& operations, const HistoryOptions& options,
         std::ostream& out)
      : operations_(operations), options_(options), out_(out), process_(operations.size()) {
    for (const auto& operation : operations_) {
      if (operation.operation.starts_with("delete_")) deleted_.insert(operation.key);
    }
  }

  void run() {
    std::vector<Moment> moments;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const HistoryOperation& operation = operations_[i];
      if (operation.read && !options_.reads) continue;
      moments.push_back({operation.invoked_ns, false, i});
      if (operation.completed_ns >= 0) moments.push_back({operation.completed_ns, true, i});
    }
    std::sort(moments.begin(), moments.end(),
              [](const Moment& a, const Moment& b) { return a.order() < b.order(); });
    for (const auto& moment : moments) tell(moment);
  }

 private:
  void tell(const Moment& moment) {
    const HistoryOperation& operation = operations_[moment.operation];
    const HistoryOutcome outcome = outcome_of(operation);
    if (!moment.completion) process_[moment.operation] = take_process();
    const std::uint32_t process = process_[moment.operation];
    if (moment.completion && outcome != HistoryOutcome::kInfo) free_.push(process);
    const char* type = !moment.completion                 ? "invoke"
                       : outcome == HistoryOutcome::kOk   ? "ok"
                       : outcome == HistoryOutcome::kFail ? "fail"
                                                          : "info";
    // Of a read only the end knows what it saw.
    const bool empty = operation.read && (!moment.completion || outcome != HistoryOutcome::kOk ||
                                          operation.version <= 0);
    const std::string value =
        empty ? "" : std::to_string(operation.read ? operation.version : written(operation));
    if (options_.format == HistoryFormat::kJson) {
      tell_json(operation, process, type, value, moment.at);
    } else {
      tell_edn(operation, process, type, value, moment.at);
    }
    ++index_;
  }

  // What was deleted reads like what was never there: such a read proves nothing.
  [[nodiscard]] HistoryOutcome outcome_of(const HistoryOperation& operation) const {
    if (operation.read && operation.version <= 0 && deleted_.contains(operation.key)) {
      return HistoryOutcome::kFail;
    }
    return operation.outcome;
  }

  std::uint32_t take_process() {
    if (free_.empty()) return processes_++;
    const std::uint32_t process = free_.top();
    free_.pop();
    return process;
  }

  void tell_json(const HistoryOperation& operation, std::uint32_t process, const char* type,
                 const std::string& value, std::int64_t at) {
    out_ << "{\"index\":" << index_ << ",\"process\":" << process << ",\"type\":\"" << type
         << "\",\"f\":\"txn\",\"value\":[[\"" << (operation.read ? "r" : "w") << "\","
         << quoted(operation.key) << "," << (value.empty() ? "null" : value) << "]],\"time\":" << at
         << ",\"op\":" << quoted(operation.operation) << ",\"number\":" << operation.number;
    if (operation.min_version > 0) out_ << ",\"min_version\":" << operation.min_version;
    out_ << "}\n";
  }

  void tell_edn(const HistoryOperation& operation, std::uint32_t process, const char* type,
                const std::string& value, std::int64_t at) {
    out_ << "{:index " << index_ << ", :process " << process << ", :type :" << type
         << ", :f :txn, :value [[" << (operation.read ? ":r " : ":w ") << quoted(operation.key)
         << " " << (value.empty() ? "nil" : value) << "]], :time " << at << ", :op "
         << quoted(operation.operation) << ", :number " << operation.number;
    if (operation.min_version > 0) out_ << ", :min-version " << operation.min_version;
    out_ << "}\n";
  }

  // The strings of EDN are those of JSON as long as they are printable.
  static std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  const std::vector<HistoryOperation>& operations_;
  const HistoryOptions options_;
  std::ostream& out_;
  std::unordered_set<std::string> deleted_;  // keys
  std::vector<std::uint32_t> process_;       // beside operations_
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> free_;
  std::uint32_t processes_ = 0;
  std::uint64_t index_ = 0;
};

}  // namespace

Result<HistoryFormat> parse_history_format(std::string_view text) {
  if (text == "json") return HistoryFormat::kJson;
  if (text == "edn") return HistoryFormat::kEdn;
  return invalid("--format",
                 "--format must be json or edn, not \"" + std::string(text.substr(0, 32)) + "\"");
}

void write_history(const std::vector<HistoryOperation>& operations, const HistoryOptions& options,
                   std::ostream& out) {
  Writer(operations, options, out).run();
}

}  // namespace cqrs
