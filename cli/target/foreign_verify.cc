#include "cli/target/foreign_verify.h"

#include "cli/output/units.h"
#include "cli/target/list_check.h"
#include "cli/target/settled.h"

#include <algorithm>
#include <map>
#include <thread>

namespace cqrs::target {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGrace{2'000};
constexpr std::chrono::milliseconds kLookEvery{200};

std::string of_number(std::int64_t part, std::int64_t all) {
  return grouped(part) + " of " + grouped(all);
}

// What is wrong with one entity as it was last read.
struct Wrong {
  EntityRef ref;
  int status = 0;
  bool absent = false;
  bool told_error = false;  // 200 with an error in it
  std::string body;         // excerpt, when it says nothing better
  std::vector<FieldDifference> fields;
  std::int64_t version = 0;  // higher than any that was acknowledged; else 0
};

class LedgerCheck {
 public:
  LedgerCheck(Session& session, const Ledger& ledger, const ForeignVerifyPlan& plan,
              const std::atomic<bool>& interrupted, ForeignReport& report)
      : session_(session),
        ledger_(ledger),
        plan_(plan),
        interrupted_(interrupted),
        report_(report),
        generator_(ledger.shape()) {}

  Status run();

 private:
  void collect();
  [[nodiscard]] Status look(const std::vector<EntityRef>& refs, std::vector<Wrong>& wrong);
  void judge(const EntityRef& ref, const load::Answer& answer, std::vector<Wrong>& wrong);
  void report_wrong(const Wrong& wrong);
  void diagnose();
  [[nodiscard]] ForeignFinding finding(const EntityRef& ref, Difference kind) const;
  // What a load created has no entry.
  [[nodiscard]] const Ledger::Entry& entry(const EntityRef& ref) const {
    static const Ledger::Entry kNone;
    const auto& entries = ledger_.entries(ref.kind);
    return ref.index < entries.size() ? entries[ref.index] : kNone;
  }
  void collect(const EntityRef& ref);

  Session& session_;
  const Ledger& ledger_;
  const ForeignVerifyPlan& plan_;
  const std::atomic<bool>& interrupted_;
  ForeignReport& report_;
  const Generator generator_;
  JsonDocument document_;
  std::vector<EntityRef> acknowledged_;
  std::int64_t without_id_ = 0;
  bool told_ = false;  // the system itself said that it had caught up
  std::int64_t late_ = 0;
  std::int64_t lost_ = 0;
  std::int64_t repeated_ = 0;
  std::int64_t told_errors_ = 0;
  std::int64_t prices_ = 0;
  std::string first_price_;
  std::map<std::string, std::int64_t> missing_;  // by field
};

void LedgerCheck::collect(const EntityRef& ref) {
  if (plan_.loads.removed.count({ref.kind, ref.index}) > 0) return;
  std::string id;
  if (session_.ids().append(id, ref.kind, ref.index)) {
    acknowledged_.push_back(ref);
  } else {
    ++without_id_;
  }
}

void LedgerCheck::collect() {
  for (const Kind kind : kAllKinds) {
    const auto& entries = ledger_.entries(kind);
    for (std::uint64_t index = 0; index < entries.size(); ++index) {
      if (!entries[index].intended) continue;
      if (entries[index].status == LedgerStatus::kIndeterminate) ++report_.indeterminate;
      if (entries[index].status == LedgerStatus::kAcknowledged) collect({kind, index});
    }
  }
  for (const EntityRef& ref : plan_.loads.created) collect(ref);
  report_.entities += static_cast<std::int64_t>(acknowledged_.size()) + without_id_;
}

ForeignFinding LedgerCheck::finding(const EntityRef& ref, Difference kind) const {
  ForeignFinding made;
  made.kind = kind;
  made.aggregate = ref.kind;
  static_cast<void>(session_.ids().append(made.id, ref.kind, ref.index));
  made.uuid = to_string(generator_.id(ref.kind, ref.index));
  made.store = "read";
  made.expected_version = entry(ref).version;
  return made;
}

void LedgerCheck::judge(const EntityRef& ref, const load::Answer& answer,
                        std::vector<Wrong>& wrong) {
  ++report_.rows_fetched;
  Wrong found;
  found.ref = ref;
  found.status = answer.status;
  const Request& request = *session_.target().request(read_operation(ref.kind));
  const Judgement said =
      session_.judge(request, answer.transport, answer.status, answer.body, document_);
  found.absent = session_.absent(answer.status);
  found.told_error = said.error_in_success;
  if (said.outcome != load::OpOutcome::kAcknowledged) {
    found.body = said.failure;
    wrong.push_back(std::move(found));
    return;
  }
  if (plan_.loads.touched.count({ref.kind, ref.index}) > 0) return;
  const Entity& entity = session_.target().entity(ref.kind);
  const ForeignValues values(generator_, session_.ids(), ref.kind, ref.index);
  found.fields = compare_fields(entity.fields, values, document_.root());
  const JsonValue* version =
      entity.read_version_at ? find_pointer(document_.root(), *entity.read_version_at) : nullptr;
  const std::int64_t number = version == nullptr ? 0 : whole_number(*version).value_or(0);
  const std::int64_t acknowledged = entry(ref).version;
  // Equal content under a higher version: something was applied that nobody sent.
  if (acknowledged > 0 && number > acknowledged && found.fields.empty()) {
    found.version = number;
  }
  if (!found.fields.empty() || found.version > 0) wrong.push_back(std::move(found));
}

Status LedgerCheck::look(const std::vector<EntityRef>& refs, std::vector<Wrong>& wrong) {
  wrong.clear();
  return read_entities(
      session_, generator_, refs, interrupted_,
      [&](const EntityRef& ref, const load::Answer& answer) { judge(ref, answer, wrong); });
}

void LedgerCheck::report_wrong(const Wrong& wrong) {
  if (wrong.absent || wrong.told_error || wrong.status == 0 || wrong.status >= 300) {
    ++lost_;
    ++report_.unreadable;
    told_errors_ += wrong.told_error ? 1 : 0;
    ForeignFinding lost = finding(wrong.ref, Difference::kLost);
    lost.expected = "readable, as it was acknowledged";
    lost.actual = session_.target().masked(wrong.body);
    return report_.add(std::move(lost));
  }
  if (wrong.version > 0) {
    ++repeated_;
    ForeignFinding twice = finding(wrong.ref, Difference::kDuplicate);
    twice.field = "version";
    twice.actual_version = wrong.version;
    twice.expected = std::to_string(twice.expected_version);
    twice.actual = std::to_string(wrong.version);
    report_.add(std::move(twice));
  }
  for (const auto& field : wrong.fields) {
    ForeignFinding different = finding(wrong.ref, Difference::kField);
    different.field = field.name;
    different.expected = field.expected;
    different.actual = field.actual;
    report_.add(std::move(different));
    if (field.missing) {
      ++missing_[std::string(kind_name(wrong.ref.kind)) + "." + field.name];
    } else if (field.money) {
      ++prices_;
      if (first_price_.empty()) first_price_ = price_text(field.expected, field.actual);
    }
  }
}

void LedgerCheck::diagnose() {
  const auto all = static_cast<std::int64_t>(acknowledged_.size());
  if (lost_ > 0) {
    report_.diagnose(flaw::kLostEvents,
                     of_number(lost_, all) + " acknowledged entities cannot be read" +
                         (told_ ? ", although the system says that its read side has caught up"
                                : ", however long it is waited") +
                         ": the write was acknowledged, and its event never arrived");
  }
  if (late_ > 0 && told_) {
    report_.diagnose(flaw::kCountOnly,
                     of_number(late_, all) +
                         " acknowledged entities were not there, or old, when the system said "
                         "that it had caught up, and came later");
  }
  if (repeated_ > 0) {
    report_.diagnose(flaw::kDedupe, of_number(repeated_, all) +
                                        " entities have a higher version than was ever "
                                        "acknowledged: an event was applied twice");
  }
  if (told_errors_ > 0) {
    report_.diagnose(flaw::kSuccessOnErrors,
                     grouped(told_errors_) +
                         " reads answered a status of success with an error "
                         "in the body: " +
                         session_.target().masked(session_.first_error_in_success()));
  }
  if (prices_ > 0) {
    report_.diagnose(flaw::kPrice,
                     grouped(prices_) + " amounts came back changed, the first " + first_price_);
  }
  for (const auto& [name, times] : missing_) {
    report_.diagnose(flaw::kMissingFields, name + " is missing in " + grouped(times) + " reads");
  }
}

Status LedgerCheck::run() {
  collect();
  std::optional<EntityRef> last;
  if (!acknowledged_.empty()) last = acknowledged_.back();
  auto settled = wait_settled(session_, generator_, last, plan_.settle, interrupted_);
  if (!settled) return settled.error();
  told_ = *settled == Settled::kTold && session_.target().caught_up.how == CaughtUp::How::kRequest;
  if (*settled == Settled::kNot) report_.reason = "the read side did not catch up within --settle";
  std::vector<Wrong> wrong;
  CQRS_TRY(look(acknowledged_, wrong));
  const auto give_up = Steady::now() + grace_of(session_.target());
  const auto at_first = static_cast<std::int64_t>(wrong.size());
  while (!wrong.empty() && Steady::now() < give_up && !interrupted_) {
    std::this_thread::sleep_for(kLookEvery);
    std::vector<EntityRef> again;
    for (const auto& one : wrong) again.push_back(one.ref);
    CQRS_TRY(look(again, wrong));
  }
  late_ = at_first - static_cast<std::int64_t>(wrong.size());
  std::sort(wrong.begin(), wrong.end(), [](const Wrong& a, const Wrong& b) {
    return std::pair(a.ref.kind, a.ref.index) < std::pair(b.ref.kind, b.ref.index);
  });
  ForeignCheck check{"acknowledged = read", static_cast<std::int64_t>(acknowledged_.size()),
                     static_cast<std::int64_t>(wrong.size()), ""};
  if (late_ > 0) check.note = grouped(late_) + " were late";
  for (const auto& one : wrong) report_wrong(one);
  report_.checks.push_back(std::move(check));
  if (without_id_ > 0) {
    report_.reason = grouped(without_id_) +
                     " acknowledged entities have no id in the table "
                     "beside the ledger, so nobody can look for them";
  }
  diagnose();
  for (const Kind kind : kAllKinds) {
    if (plan_.lists)
      CQRS_TRY(check_list({session_, ledger_, kind, plan_.known, interrupted_}, report_));
  }
  if (interrupted_) report_.interrupted = true;
  return {};
}

}  // namespace

LoadTraces traces_of(const OpLedger& load, const WorkloadShape& shape) {
  LoadTraces traces;
  const Generator generator(shape);
  std::map<StreamKey, std::uint64_t> made;
  for (const auto& command : load.commands()) {
    if (info_of(command.operation).target != OperationTarget::kFresh) continue;
    const std::uint64_t index = shape.count(command.entity.kind) + command.number;
    made[command.entity] = index;
    if (command.status != LedgerStatus::kAcknowledged) continue;
    traces.created.push_back({command.entity.kind, index});
  }
  for (const auto& command : load.commands()) {
    if (info_of(command.operation).target == OperationTarget::kFresh) continue;
    if (command.status == LedgerStatus::kRejected) continue;
    const auto own = made.find(command.entity);
    const auto index = own != made.end()
                           ? std::optional(own->second)
                           : generator.index_of(command.entity.kind, command.entity.id);
    if (!index) continue;
    const bool removes = command.operation == Operation::kDeleteUser ||
                         command.operation == Operation::kDeleteProduct;
    (removes ? traces.removed : traces.touched).insert({command.entity.kind, *index});
  }
  return traces;
}

std::chrono::milliseconds grace_of(const Target& target) {
  return std::max(kGrace, target.caught_up.settle);
}

std::string price_text(const std::string& sent, const std::string& read) {
  return "sent " + sent + ", read " + read;
}

Status verify_ledger(Session& session, const Ledger& ledger, const ForeignVerifyPlan& plan,
                     const std::atomic<bool>& interrupted, ForeignReport& report) {
  return LedgerCheck(session, ledger, plan, interrupted, report).run();
}

}  // namespace cqrs::target
