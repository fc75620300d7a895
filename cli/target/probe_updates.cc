// Experiments about updates: behind a read (a cache holds the old value), right behind the create
// (events of two types may overtake each other), and several in a row.
#include "cli/target/foreign_verify.h"
#include "cli/target/probe.h"

#include <thread>

namespace cqrs::target {
namespace {

constexpr int kAfterRead = 6;
constexpr int kAfterCreate = 8;
constexpr int kInARow = 4;
constexpr int kUpdatesInARow = 5;
constexpr int kDeletes = 4;
constexpr int kStatusRounds = 10;

struct Tally {
  int made = 0;
  int wrong = 0;
  [[nodiscard]] bool most() const { return 2 * wrong > made; }
  [[nodiscard]] std::string text() const {
    return std::to_string(wrong) + " of " + std::to_string(made);
  }
};

void tell(Lab& lab, const std::vector<Expectation>& wrong, Difference kind,
          const std::string& experiment) {
  for (const auto& one : wrong) {
    ForeignFinding found = lab.finding(one.ref, one.absent ? Difference::kLost : kind, experiment);
    if (!one.fields.empty()) {
      found.field = one.fields.front().name;
      found.expected = one.fields.front().expected;
      found.actual = one.fields.front().actual;
    } else {
      found.expected = one.gone ? "nothing: it was deleted" : "readable, as it was acknowledged";
      found.actual = one.gone ? "still there" : "";
    }
    lab.report().add(std::move(found));
  }
}

// One update with what must be read in the end. Nothing: refused.
Result<std::optional<Expectation>> update(Lab& lab, const Updating& how, const EntityRef& ref) {
  Expectation expected;
  expected.ref = ref;
  expected.operation = how.operation;
  expected.number = lab.next_number();
  auto done = lab.command(ref, how.operation, expected.number);
  if (!done) return done.error();
  if (!*done) return std::optional<Expectation>();
  return std::optional<Expectation>(std::move(expected));
}

Result<std::vector<EntityRef>> create_some(Lab& lab, Kind kind, int count) {
  std::vector<EntityRef> made;
  for (int i = 0; i < count && !lab.interrupted(); ++i) {
    auto ref = lab.create(kind);
    if (!ref) return ref.error();
    if (*ref) made.push_back(**ref);
  }
  return made;
}

// Creates, `before` each update looks once when `read_first`, and judges in the end.
Result<Tally> after_create(Lab& lab, const Updating& how, bool read_first,
                           const std::string& experiment) {
  const int count = read_first ? kAfterRead : kAfterCreate;
  std::vector<Expectation> all;
  std::vector<EntityRef> made;
  if (read_first) {
    auto some = create_some(lab, how.kind, count);
    if (!some) return some.error();
    made = std::move(*some);
    auto settled = lab.settle();
    if (!settled) return settled.error();
  }
  for (int i = 0; i < count && !lab.interrupted(); ++i) {
    if (!read_first) {
      auto ref = lab.create(how.kind);
      if (!ref) return ref.error();
      if (!*ref) continue;
      made.push_back(**ref);
    } else if (static_cast<std::size_t>(i) < made.size()) {
      Expectation now;
      now.ref = made[static_cast<std::size_t>(i)];
      CQRS_TRY(lab.look(now));
      CQRS_TRY(lab.look(now));
    }
    if (static_cast<std::size_t>(i) >= made.size()) break;
    auto expected = update(lab, how, made[static_cast<std::size_t>(i)]);
    if (!expected) return expected.error();
    if (*expected) all.push_back(std::move(**expected));
  }
  Tally tally;
  tally.made = static_cast<int>(all.size());
  if (all.empty()) {
    lab.note(experiment, "every one was refused: " + lab.refusal());
    return tally;
  }
  auto wrong = lab.still_wrong(std::move(all));
  if (!wrong) return wrong.error();
  tally.wrong = static_cast<int>(wrong->size());
  tell(lab, *wrong, read_first ? Difference::kStale : Difference::kOrder, experiment);
  lab.report().checks.push_back({"probe: " + experiment, tally.made, tally.wrong, ""});
  return tally;
}

// The last of several updates must be what is there in the end.
Result<Tally> in_a_row(Lab& lab, const Updating& how) {
  auto made = create_some(lab, how.kind, kInARow);
  if (!made) return made.error();
  auto settled = lab.settle();
  if (!settled) return settled.error();
  std::vector<Expectation> all;
  for (const auto& ref : *made) {
    std::optional<Expectation> last;
    for (int i = 0; i < kUpdatesInARow; ++i) {
      auto expected = update(lab, how, ref);
      if (!expected) return expected.error();
      if (*expected) last = std::move(*expected);
    }
    if (last) all.push_back(std::move(*last));
  }
  Tally tally;
  tally.made = static_cast<int>(all.size());
  auto wrong = lab.still_wrong(std::move(all));
  if (!wrong) return wrong.error();
  tally.wrong = static_cast<int>(wrong->size());
  tell(lab, *wrong, Difference::kOrder, "updates in a row");
  lab.report().checks.push_back({"probe: updates in a row", tally.made, tally.wrong, ""});
  return tally;
}

Status delete_after_create(Lab& lab) {
  const Kind kind =
      lab.target().request(Operation::kDeleteUser) != nullptr ? Kind::kUser : Kind::kProduct;
  const Operation how = kind == Kind::kUser ? Operation::kDeleteUser : Operation::kDeleteProduct;
  if (lab.target().request(how) == nullptr || !lab.can_create(kind)) {
    lab.note("delete right behind create", "the profile has no delete");
    return {};
  }
  std::vector<Expectation> all;
  for (int i = 0; i < kDeletes && !lab.interrupted(); ++i) {
    auto ref = lab.create(kind);
    if (!ref) return ref.error();
    if (!*ref) continue;
    auto done = lab.command(**ref, how, lab.next_number());
    if (!done) return done.error();
    if (!*done) continue;
    Expectation expected;
    expected.ref = **ref;
    expected.gone = true;
    all.push_back(std::move(expected));
  }
  Tally tally;
  tally.made = static_cast<int>(all.size());
  auto wrong = lab.still_wrong(std::move(all));
  if (!wrong) return wrong.error();
  tally.wrong = static_cast<int>(wrong->size());
  tell(lab, *wrong, Difference::kPhantom, "delete right behind create");
  lab.report().checks.push_back({"probe: delete right behind create", tally.made, tally.wrong, ""});
  if (tally.most()) {
    lab.report().diagnose(flaw::kReordering,
                          tally.text() +
                              " entities that were deleted right behind their create "
                              "are there: the delete overtook the create");
  } else if (tally.wrong > 0) {
    lab.report().diagnose(flaw::kLostEvents, tally.text() + " acknowledged deletes never arrived");
  }
  return {};
}

// Which flaw it is follows from which of the experiments failed.
void diagnose(Lab& lab, const Tally& read, const Tally& created, const Tally& row) {
  ForeignReport& report = lab.report();
  if (read.most() && created.most()) {
    return report.diagnose(flaw::kUpdatesLost,
                           read.text() + " updates of settled entities and " + created.text() +
                               " updates right behind their create never arrived");
  }
  if (read.most()) {
    report.diagnose(flaw::kStaleCache,
                    read.text() +
                        " entities that were read before their update show the old "
                        "value for good, while updates of unread ones arrived");
  } else if (read.wrong > 0) {
    report.diagnose(flaw::kLostEvents, read.text() + " acknowledged updates never arrived");
  }
  if (created.most()) {
    report.diagnose(flaw::kReordering,
                    created.text() +
                        " updates right behind their create never took effect, while "
                        "updates of settled entities did: the update overtook the "
                        "create");
  } else if (created.wrong > 0) {
    report.diagnose(flaw::kLostEvents,
                    created.text() + " creates with an update right behind never arrived whole");
  }
  if (row.most() && !read.most() && !created.most()) {
    report.diagnose(flaw::kUpdateOrder,
                    row.text() + " entities do not show the last of several updates in a row");
  } else if (row.wrong > 0 && !row.most()) {
    report.diagnose(flaw::kLostEvents, row.text() + " rows of updates ended in an earlier one");
  }
}

}  // namespace

Status probe_updates(Lab& lab) {
  const auto how = lab.updating();
  if (!how) {
    lab.note("updates", "the profile has no update that could be read");
    return {};
  }
  auto read = after_create(lab, *how, true, "update behind a read");
  if (!read) return read.error();
  auto created = after_create(lab, *how, false, "update right behind create");
  if (!created) return created.error();
  auto row = in_a_row(lab, *how);
  if (!row) return row.error();
  diagnose(lab, *read, *created, *row);
  return delete_after_create(lab);
}

// A status that counts cannot see an update under way: it says "caught up", and the old value is
// read. Whether it was only early shows what is read later.
Status probe_status(Lab& lab) {
  const auto how = lab.updating();
  if (!how || lab.target().caught_up.how != CaughtUp::How::kRequest) {
    lab.note("caught up means it",
             how ? "the system does not tell whether it has caught up" : "no update is mapped");
    return {};
  }
  auto made = create_some(lab, how->kind, kStatusRounds);
  if (!made) return made.error();
  auto settled = lab.settle();
  if (!settled) return settled.error();
  std::vector<Expectation> early;
  int rounds = 0;
  for (const auto& ref : *made) {
    auto expected = update(lab, *how, ref);
    if (!expected) return expected.error();
    if (!*expected) continue;
    ++rounds;
    auto lag = lab.session().lag();
    if (!lag) return lag.error();
    if (!lag->caught_up) continue;
    CQRS_TRY(lab.look(**expected));
    if (!(*expected)->fields.empty() || (*expected)->absent) early.push_back(std::move(**expected));
  }
  auto never = lab.still_wrong(early);
  if (!never) return never.error();
  const auto late = static_cast<int>(early.size() - never->size());
  lab.report().checks.push_back({"probe: caught up means it", rounds, late, ""});
  if (late > 0) {
    lab.report().diagnose(flaw::kCountOnly,
                          "after " + std::to_string(late) + " of " + std::to_string(made->size()) +
                              " updates the system said that it had caught up while the old value "
                              "was still read, and the new one came later");
  }
  return {};
}

}  // namespace cqrs::target
