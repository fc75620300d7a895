#include "cli/commands/repair_file.h"

#include "core/verify/repair_planner.h"
#include "core/wiring/stores.h"

#include "cli/output/units.h"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::array<const char*, kAllRepairActions.size()> kWhat{
    "documents to write", "rows to take out",           "streams to write", "entities to reorder",
    "copies to take out", "set of topics to fill anew", "beyond repair"};

}  // namespace

Json json_of(const RepairSummary& summary) {
  Json actions = Json::object();
  for (const auto action : kAllRepairActions) {
    actions[std::string(repair_action_name(action))] = summary.count(action);
  }
  return {{"file", summary.path},
          {"actions", std::move(actions)},
          {"impossible", summary.count(RepairAction::kNone)},
          {"left_out", summary.left_out}};
}

void print(const RepairSummary& summary, std::ostream& out) {
  out << "repair      ";
  bool any = false;
  for (const auto action : kAllRepairActions) {
    if (summary.count(action) == 0) continue;
    out << (any ? ", " : "") << grouped(summary.count(action)) << " "
        << kWhat[static_cast<std::size_t>(action)];
    any = true;
  }
  out << (any ? "" : "nothing to mend") << "   plan in " << summary.path << "\n";
  if (summary.left_out > 0) {
    out << "            " << grouped(summary.left_out)
        << " differences more than a plan holds: carry this one out and verify again, or rebuild "
           "the views with cqrsctl replay --switch --execute\n";
  }
}

std::string sentence(const RepairItem& item) {
  std::string text = std::string(repair_action_name(item.action));
  if (!item.entity.id.is_nil()) {
    text += "  " + std::string(kind_name(item.entity.kind)) + " " + to_string(item.entity.id);
  }
  text += "  (" + std::string(difference_name(item.difference)) + ")";
  if (item.seen) text += "  found version " + std::to_string(item.seen->version);
  switch (item.action) {
    case RepairAction::kPutView:
    case RepairAction::kPutStream:
      return text + "  write version " + std::to_string(item.row.version);
    case RepairAction::kRemoveView:
      return text + "  take it out";
    case RepairAction::kNone:
      return text + "  " + item.reason;
    case RepairAction::kRenewTopics:
      return text + "  delete the topics and fill them from the record (--renew-topics)";
    case RepairAction::kMoveEvents:
    case RepairAction::kRemoveEvent:
      break;
  }
  for (const auto& event : item.events) {
    text += "  version " + std::to_string(event.version) + " at position " +
            std::to_string(event.from) +
            (event.to == 0 ? " goes" : " goes to " + std::to_string(event.to));
  }
  return text;
}

Status may_be_made(const std::string& path, const std::string& option) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return invalid(option, option + ": " + path +
                               " exists, and a plan replaces nothing: remove it or name another");
  }
  const auto parent = std::filesystem::absolute(path, ignored).parent_path();
  if (::access(parent.c_str(), W_OK) == 0) return {};
  return invalid(option, option + ": nothing can be written in " + parent.string() + " (" +
                             std::strerror(errno) + "): name a file in another directory");
}

Result<RepairSummary> write_repair_plan(const DataDir& dir, const VerifyReport& report,
                                        const std::string& path) {
  auto sources = stored::open_sources(dir);
  if (!sources) return sources.error();
  auto history = stored::open_history(dir);
  if (!history) return history.error();
  auto incarnation = (*history)->incarnation();
  if (!incarnation) return incarnation.error();

  RepairSummary summary;
  summary.path = path;
  summary.left_out =
      report.findings.total() - static_cast<std::int64_t>(report.findings.first.size());
  // A plan holds personal data: it is the owner's alone, and it replaces nothing.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot make " + path + " (" + std::strerror(errno) + ")");
  }
  ::close(descriptor);
  std::ofstream file(path, std::ios::binary | std::ios::app);
  std::string line;
  append_repair_header(line, {*incarnation, sources->generation, report.head, SystemClock().now()});
  file << line << "\n";
  const VerifyLane lane{sources->streams.get(), sources->views.get(), sources->record.get()};
  CQRS_TRY(plan_repair(lane, report.findings, [&](const RepairItem& item) -> Status {
    ++summary.counts[static_cast<std::size_t>(item.action)];
    line.clear();
    append_repair_item(line, item);
    file << line << "\n";
    return {};
  }));
  file.close();
  if (!file) return make_error(ErrorCode::kUnavailable, "cannot write " + path);
  return summary;
}

Result<RepairHeader> RepairFile::header() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    return make_error(ErrorCode::kNotFound,
                      "no repair plan " + path_ + ": make one with cqrsctl verify --emit-repair");
  }
  std::string line;
  std::getline(file, line);
  return parse_repair_header(line);
}

Status RepairFile::each(const std::function<Status(const RepairItem&)>& take) const {
  std::ifstream file(path_, std::ios::binary);
  std::string line;
  std::getline(file, line);
  for (std::int64_t number = 2; std::getline(file, line); ++number) {
    auto item = parse_repair_item(line);
    if (item.ok() && file.eof()) item = invalid("FILE", "it is cut off there");
    if (!item) {
      return invalid("FILE", path_ + ", line " + std::to_string(number) + ": " +
                                 item.error().message +
                                 ": make a new one with cqrsctl verify --emit-repair");
    }
    CQRS_TRY(take(*item));
  }
  return {};
}

}  // namespace cqrs
