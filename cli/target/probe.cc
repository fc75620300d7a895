#include "cli/target/probe.h"

#include "core/base/uuid.h"

#include "cli/system/command_line.h"
#include "cli/target/foreign_dialect.h"
#include "cli/target/foreign_verify.h"

#include <algorithm>
#include <array>
#include <thread>

namespace cqrs::target {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kCrashEntities = 60;
constexpr int kExamples = 3;

// An id of the same form that nothing has.
std::string unknown_id(const std::string& like) {
  if (parse_uuid(like)) return "018cc251-f400-7000-8000-0123456789ab";
  const bool digits = like.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "987654321" : like + "-unknown";
}

// One wrong request and what it was answered.
struct Wrongly {
  Lab& lab;
  int asked = 0;
  int taken = 0;
  std::string examples;

  // A success is wrong, and so is an error in the clothes of one.
  Status expect_refusal(const std::string& what, const Request& request, const Values& values) {
    auto answer = lab.session().ask(request, values);
    if (!answer) return answer.error();
    ++asked;
    if (answer->status < 200 || answer->status > 299) return {};
    if (++taken > kExamples) return {};
    examples += (taken == 1 ? "" : "; ") +
                lab.target().masked(what + " was answered with " + std::to_string(answer->status) +
                                    " " + excerpt(answer->body));
    return {};
  }
};

Status wrong_bodies(Wrongly& wrongly, Kind kind) {
  Lab& lab = wrongly.lab;
  const Request* create = lab.target().request(creation_of(kind));
  if (create == nullptr || !create->body) return {};
  const std::string name = "create_" + std::string(kind_name(kind));
  Expectation one;
  one.ref = lab.nobody(kind);
  auto empty = Template::of_text("{}", Escape::kPlain, "body");
  auto torn = Template::of_text("{\"", Escape::kPlain, "body");
  if (!empty || !torn) return {};
  Request request = *create;
  request.body = *empty;
  CQRS_TRY(wrongly.expect_refusal(name + " without any field", request, lab.values(one)));
  request.body = *torn;
  one.ref = lab.nobody(kind);
  return wrongly.expect_refusal(name + " with a body that is no JSON", request, lab.values(one));
}

Status unknown_entity(Wrongly& wrongly, Kind kind) {
  Lab& lab = wrongly.lab;
  const Request* read = lab.target().request(read_operation(kind));
  if (read == nullptr || !lab.can_create(kind) || kind == Kind::kOrder) return {};
  auto ref = lab.create(kind);
  if (!ref) return ref.error();
  if (!*ref) return {};
  std::string id;
  static_cast<void>(lab.session().ids().append(id, kind, (*ref)->index));
  Expectation one;
  one.ref = **ref;
  one.overrides["id"] = unknown_id(id);
  CQRS_TRY(wrongly.expect_refusal("get_" + std::string(kind_name(kind)) + " of an unknown id",
                                  *read, lab.values(one)));
  const Request* order = lab.target().request(Operation::kCreateOrder);
  if (kind != Kind::kUser || order == nullptr) return {};
  Expectation of_nobody;
  of_nobody.ref = lab.nobody(Kind::kOrder);
  of_nobody.overrides["user.id"] = unknown_id(id);
  of_nobody.overrides["user.uuid"] = "018cc251-f400-7000-8000-0123456789ab";
  // Its items need a product that there is.
  if (!lab.session().ids().append(id, Kind::kProduct, 0)) return {};
  return wrongly.expect_refusal("create_order of an unknown user", *order, lab.values(of_nobody));
}

}  // namespace

Status probe_errors(Lab& lab) {
  Wrongly wrongly{lab, 0, 0, ""};
  for (const Kind kind : kAllKinds) CQRS_TRY(wrong_bodies(wrongly, kind));
  // Products first: orders of nobody need one.
  for (const Kind kind : {Kind::kProduct, Kind::kUser}) CQRS_TRY(unknown_entity(wrongly, kind));
  if (wrongly.asked == 0) {
    lab.note("errors are errors", "nothing is mapped that could be asked wrongly");
    return {};
  }
  lab.report().checks.push_back({"probe: errors are errors", wrongly.asked, wrongly.taken, ""});
  if (wrongly.taken == 0) return {};
  lab.report().diagnose(flaw::kSuccessOnErrors,
                        std::to_string(wrongly.taken) + " of " + std::to_string(wrongly.asked) +
                            " wrong requests were answered as successes: " + wrongly.examples);
  return {};
}

Status probe_repeats(Lab& lab) {
  const Kind kind = lab.can_create(Kind::kUser) ? Kind::kUser : Kind::kProduct;
  const Entity& entity = lab.target().entity(kind);
  if (!lab.target().retries_are_safe || !lab.can_create(kind) || entity.client_id) {
    lab.note("the same key twice",
             entity.client_id ? "ids are chosen by the client" : "the profile has no idempotency");
    return {};
  }
  const Request& create = *lab.target().request(creation_of(kind));
  Expectation one;
  one.ref = lab.fresh(kind);
  std::array<std::string, 2> ids;
  JsonDocument document;
  for (auto& id : ids) {
    auto answer = lab.session().ask(create, lab.values(one));
    if (!answer) return answer.error();
    const auto said = lab.session().judge(create, load::Transport::kAnswered, answer->status,
                                          answer->body, document);
    const JsonValue* at = find_pointer(document.root(), entity.id_at);
    if (said.outcome == load::OpOutcome::kAcknowledged && at != nullptr) id = text_of(*at);
    if (!id.empty()) CQRS_TRY(lab.session().ids().set(kind, one.ref.index, id));
  }
  const bool twice = !ids[1].empty() && ids[0] != ids[1];
  lab.report().checks.push_back({"probe: the same key twice", 2, twice ? 1 : 0, ""});
  if (!twice) return {};
  ForeignFinding found = lab.finding(one.ref, Difference::kDuplicate, "the same key twice");
  found.expected = ids[0];
  found.actual = ids[1];
  lab.report().add(std::move(found));
  lab.report().diagnose(
      flaw::kRepeats, "the same create under the same key made " + ids[0] + " and then " + ids[1]);
  return {};
}

Status probe_prices(Lab& lab) {
  const auto& fields = lab.target().entity(Kind::kProduct).fields;
  const bool money = std::any_of(fields.begin(), fields.end(),
                                 [](const Field& field) { return is_money(field.type); });
  if (!lab.can_create(Kind::kProduct) || !money) {
    lab.note("amounts stay exact", "the profile has no product with a price that can be read");
    return {};
  }
  // What binary fractions, truncation and single precision change first.
  constexpr std::array<std::int64_t, 9> kMinor{1,     10,      29,        110,       435,
                                               1'999, 100'535, 9'999'999, 16'777'217};
  std::vector<Expectation> all;
  for (const std::int64_t minor : kMinor) {
    const Overrides price{{"price", to_string(Money{minor})},
                          {"price_minor", std::to_string(minor)}};
    auto ref = lab.create(Kind::kProduct, price);
    if (!ref) return ref.error();
    if (!*ref) continue;
    Expectation expected;
    expected.ref = **ref;
    expected.overrides = price;
    all.push_back(std::move(expected));
  }
  const auto made = static_cast<std::int64_t>(all.size());
  auto wrong = lab.still_wrong(std::move(all));
  if (!wrong) return wrong.error();
  std::int64_t changed = 0;
  std::string examples;
  for (const auto& one : *wrong) {
    for (const auto& field : one.fields) {
      if (!field.money || field.missing) continue;
      ++changed;
      ForeignFinding found = lab.finding(one.ref, Difference::kField, "amounts stay exact");
      found.field = field.name;
      found.expected = field.expected;
      found.actual = field.actual;
      lab.report().add(std::move(found));
      if (changed <= 3) examples += ", " + price_text(field.expected, field.actual);
    }
  }
  lab.report().checks.push_back({"probe: amounts stay exact", made, changed, ""});
  if (changed == 0) return {};
  lab.report().diagnose(flaw::kPrice, std::to_string(changed) + " of " + std::to_string(made) +
                                          " amounts came back changed" + examples);
  return {};
}

Status probe_crash(Lab& lab) {
  const Commands& commands = lab.target().commands;
  const Kind kind = lab.can_create(Kind::kUser) ? Kind::kUser : Kind::kProduct;
  if (commands.kill.empty() || !lab.can_create(kind)) {
    lab.note("a crash loses nothing", "the profile has no commands that kill and start it");
    return {};
  }
  std::vector<Expectation> all;
  for (int i = 0; i < kCrashEntities && !lab.interrupted(); ++i) {
    auto ref = lab.create(kind);
    if (!ref) return ref.error();
    if (!*ref) continue;
    Expectation expected;
    expected.ref = **ref;
    all.push_back(std::move(expected));
  }
  CQRS_TRY(run_command(commands.kill, lab.interrupted()));
  CQRS_TRY(run_command(commands.start, lab.interrupted()));
  // Until it answers again, whatever it says.
  const auto give_up = Steady::now() + std::chrono::seconds(30);
  Expectation first;
  if (!all.empty()) first = all.front();
  while (!all.empty() && !lab.look(first) && Steady::now() < give_up && !lab.interrupted()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto made = static_cast<std::int64_t>(all.size());
  auto wrong = lab.still_wrong(std::move(all));
  if (!wrong) return wrong.error();
  for (const auto& one : *wrong) {
    ForeignFinding found = lab.finding(one.ref, Difference::kLost, "a crash loses nothing");
    found.expected = "readable, as it was acknowledged before the crash";
    lab.report().add(std::move(found));
  }
  const auto lost = static_cast<std::int64_t>(wrong->size());
  lab.report().checks.push_back({"probe: a crash loses nothing", made, lost, ""});
  if (lost > 0) {
    lab.report().diagnose(flaw::kLostEvents,
                          std::to_string(lost) + " of " + std::to_string(made) +
                              " entities that were acknowledged before a crash never arrived");
  }
  return {};
}

Status run_probes(Lab& lab) {
  for (const auto probe :
       {probe_updates, probe_status, probe_errors, probe_repeats, probe_prices, probe_crash}) {
    if (lab.interrupted()) break;
    CQRS_TRY(probe(lab));
  }
  return {};
}

}  // namespace cqrs::target
