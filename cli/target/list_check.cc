#include "cli/target/list_check.h"

#include "core/workload/generator.h"

#include "cli/output/units.h"
#include "cli/target/foreign_values.h"

#include <algorithm>
#include <unordered_map>

namespace cqrs::target {
namespace {

constexpr std::uint64_t kMostPages = 1'000'000;

struct Ours {
  std::uint64_t index = 0;
  std::uint32_t seen = 0;
};

Result<std::string> page_of(Session& session, const ListRequest& list, std::uint64_t page,
                            const std::string& cursor, JsonDocument& document) {
  const PlainValues values({{"limit", std::to_string(list.limit)},
                            {"offset", std::to_string((page - 1) * list.limit)},
                            {"page", std::to_string(page)},
                            {"cursor", cursor}});
  const bool later = page > 1 && list.next_path;
  auto answer = session.ask(list.first, values, later ? &*list.next_path : nullptr);
  if (!answer) return answer.error();
  if (answer->status != 200 || !document.parse(answer->body)) {
    return invalid("list", session.target().name + ": a list was answered with " +
                               std::to_string(answer->status) + " " + excerpt(answer->body));
  }
  const JsonValue* next = list.next.empty() ? nullptr : find_pointer(document.root(), list.next);
  return next == nullptr || next->is(JsonType::kNull) ? std::string() : text_of(*next);
}

// Commands of the ledger without a known outcome.
std::size_t open_commands(const ListCheck& check) {
  const auto& entries = check.ledger.entries(check.kind);
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const Ledger::Entry& entry) {
        return entry.intended && entry.status == LedgerStatus::kIndeterminate;
      }));
}

ForeignFinding finding(const ListCheck& check, Difference kind, const std::string& id) {
  ForeignFinding made;
  made.kind = kind;
  made.aggregate = check.kind;
  made.id = id;
  made.store = "list";
  return made;
}

// What nobody acknowledged may be of commands whose outcome is unknown; what is more is a phantom.
std::int64_t report_strangers(const ListCheck& check, const std::vector<std::string>& strangers,
                              ForeignCheck& result, ForeignReport& report) {
  const std::size_t open = std::min(open_commands(check), strangers.size());
  if (open > 0) {
    result.note =
        grouped(static_cast<std::int64_t>(open)) + " may be of commands without an outcome";
  }
  for (std::size_t at = open; at < strangers.size(); ++at) {
    ForeignFinding phantom = finding(check, Difference::kPhantom, strangers[at]);
    phantom.expected = "nothing: it was never acknowledged";
    phantom.actual = "an entry";
    report.add(std::move(phantom));
  }
  return static_cast<std::int64_t>(strangers.size() - open);
}

}  // namespace

Status walk_list(Session& session, const ListRequest& list, const std::atomic<bool>& interrupted,
                 const std::function<void(const ListElement&)>& seen) {
  const auto variables = list.first.path.variables();
  const bool numbered = std::find_if(variables.begin(), variables.end(), [](const auto& name) {
                          return name == "offset" || name == "page";
                        }) != variables.end();
  JsonDocument document;
  std::string cursor;
  for (std::uint64_t page = 1; page <= kMostPages && !interrupted; ++page) {
    auto next = page_of(session, list, page, cursor, document);
    if (!next) return next.error();
    const JsonValue* items = find_pointer(document.root(), list.items);
    if (items == nullptr || !items->is(JsonType::kArray)) {
      return invalid("list.items", session.target().name + ": a list has no array at \"" +
                                       list.items + "\": look at list in " + session.target().path);
    }
    for (const auto& item : *items) {
      const JsonValue* id = find_pointer(item, list.id);
      const JsonValue* version = list.version.empty() ? nullptr : find_pointer(item, list.version);
      seen({id == nullptr ? std::string() : text_of(*id),
            version == nullptr ? 0 : whole_number(*version).value_or(0)});
    }
    if (numbered ? items->size < list.limit : next->empty() || *next == cursor) return {};
    cursor = *next;
  }
  return {};
}

Status check_list(const ListCheck& check, ForeignReport& report) {
  const Entity& entity = check.session.target().entity(check.kind);
  const std::string name = "list of " + std::string(kind_name(check.kind)) + "s";
  if (!entity.list) {
    if (entity.mapped) report.checks.push_back({name, 0, 0, "the profile has no list"});
    return {};
  }
  std::unordered_map<std::string, Ours> ours;
  check.session.ids().each(check.kind, [&](std::uint64_t index, std::string_view id) {
    ours[std::string(id)] = {index, 0};
  });
  ForeignCheck result{name, 0, 0, ""};
  std::int64_t twice = 0;
  std::vector<std::string> strangers;
  CQRS_TRY(walk_list(check.session, *entity.list, check.interrupted, [&](const ListElement& at) {
    ++report.rows_fetched;
    ++result.compared;
    const auto found = ours.find(at.id);
    if (found != ours.end()) {
      if (++found->second.seen != 2) return;
      ++twice;
      ForeignFinding dup = finding(check, Difference::kDuplicate, at.id);
      dup.expected = "once";
      dup.actual = "twice";
      return report.add(std::move(dup));
    }
    if (!check.session.target().exclusive || check.known.count(at.id) > 0) return;
    strangers.push_back(at.id);
  }));
  result.differences += report_strangers(check, strangers, result, report);
  const Generator generator(check.ledger.shape());
  std::int64_t missing = 0;
  const auto& entries = check.ledger.entries(check.kind);
  for (const auto& [id, one] : ours) {
    const bool acknowledged =
        one.index < entries.size() && entries[one.index].status == LedgerStatus::kAcknowledged;
    if (one.seen > 0 || !acknowledged || check.interrupted) continue;
    ++missing;
    ForeignFinding lost = finding(check, Difference::kLost, id);
    lost.uuid = to_string(generator.id(check.kind, one.index));
    lost.expected = "an entry";
    report.add(std::move(lost));
  }
  result.differences += twice + missing;
  report.checks.push_back(std::move(result));
  if (twice > 0) {
    report.diagnose(flaw::kDedupe, grouped(twice) + " entries stand twice in the " + name +
                                       ": an event was applied twice");
  }
  return {};
}

}  // namespace cqrs::target
