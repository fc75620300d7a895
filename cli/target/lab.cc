#include "cli/target/lab.h"

#include "cli/target/foreign_dialect.h"
#include "cli/target/foreign_verify.h"

#include <thread>

namespace cqrs::target {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::uint64_t kMostOfAKind = 1'000'000;

}  // namespace

// Orders of a lab refer to its first user and its first product, so that few must be made for them.
Lab::Lab(Session& session, std::uint64_t seed, std::chrono::milliseconds patience,
         const std::atomic<bool>& interrupted, ForeignReport& report)
    : session_(session),
      generator_(WorkloadShape{seed, 1, 1, kMostOfAKind}),
      patience_(patience),
      interrupted_(interrupted),
      report_(report) {}

ForeignValues Lab::values(const Expectation& expected) const {
  ForeignValues made(generator_, session_.ids(), expected.ref.kind, expected.ref.index);
  for (const auto& [name, value] : expected.overrides) made.set(name, value);
  if (expected.operation) made.apply(*expected.operation, expected.number);
  return made;
}

Result<std::optional<EntityRef>> Lab::create(Kind kind, const Overrides& overrides) {
  auto request = target().require(creation_of(kind));
  if (!request) return request.error();
  const EntityRef ref = fresh(kind);
  Expectation wanted;
  wanted.ref = ref;
  wanted.overrides = overrides;
  const ForeignValues made = values(wanted);
  auto said = session_.ask(**request, made);
  if (!said) return said.error();
  load::Answer answer;
  answer.status = said->status;
  answer.body = said->body;
  Judgement judgement;
  const auto told = read_command(session_, creation_of(kind), made, answer, document_, judgement);
  if (told.outcome == load::OpOutcome::kAcknowledged) return std::optional<EntityRef>(ref);
  refusal_ = target().masked(told.failure);
  return std::optional<EntityRef>();
}

Result<bool> Lab::command(const EntityRef& ref, Operation operation, std::uint64_t number) {
  auto request = target().require(operation);
  if (!request) return request.error();
  Expectation wanted;
  wanted.ref = ref;
  wanted.operation = operation;
  wanted.number = number;
  auto said = session_.ask(**request, values(wanted));
  if (!said) return said.error();
  const Judgement told =
      session_.judge(**request, load::Transport::kAnswered, said->status, said->body, document_);
  if (told.outcome != load::OpOutcome::kAcknowledged) refusal_ = target().masked(told.failure);
  return told.outcome == load::OpOutcome::kAcknowledged;
}

Result<Settled> Lab::settle() {
  std::optional<EntityRef> sentinel;
  if (target().caught_up.how == CaughtUp::How::kSentinel) {
    auto made = create(can_create(Kind::kUser) ? Kind::kUser : Kind::kProduct);
    if (!made) return made.error();
    sentinel = *made;
  }
  return wait_settled(session_, generator_, sentinel, patience_, interrupted_);
}

Status Lab::look(Expectation& expected) {
  auto request = target().require(read_operation(expected.ref.kind));
  if (!request) return request.error();
  const ForeignValues wanted = values(expected);
  auto answer = session_.ask(**request, wanted);
  if (!answer) return answer.error();
  const Judgement told = session_.judge(**request, load::Transport::kAnswered, answer->status,
                                        answer->body, document_);
  expected.absent = told.outcome != load::OpOutcome::kAcknowledged;
  expected.fields.clear();
  if (!expected.absent) {
    expected.fields =
        compare_fields(target().entity(expected.ref.kind).fields, wanted, document_.root());
  }
  return {};
}

Result<std::vector<Expectation>> Lab::still_wrong(std::vector<Expectation> all) {
  auto settled = settle();
  if (!settled) return settled.error();
  if (*settled == Settled::kNot) report_.reason = "the read side did not catch up within --settle";
  const auto give_up = Steady::now() + grace_of(target());
  for (;;) {
    std::vector<Expectation> wrong;
    for (auto& one : all) {
      CQRS_TRY(look(one));
      const bool right = one.gone ? one.absent : !one.absent && one.fields.empty();
      if (!right) wrong.push_back(std::move(one));
    }
    if (wrong.empty() || Steady::now() >= give_up || interrupted_) return wrong;
    all = std::move(wrong);
    std::this_thread::sleep_for(kLookEvery);
  }
}

// Behind all others: the first of a kind must stay for orders to refer to.
EntityRef Lab::nobody(Kind kind) { return {kind, kMostOfAKind / 2 + nobodies_++}; }

std::optional<Updating> Lab::updating() const {
  const std::array<Updating, 3> all{{{Kind::kUser, Operation::kUpdateUser},
                                     {Kind::kProduct, Operation::kUpdateProduct},
                                     {Kind::kProduct, Operation::kChangePrice}}};
  for (const auto& one : all) {
    if (target().request(one.operation) != nullptr && can_create(one.kind)) return one;
  }
  return std::nullopt;
}

bool Lab::can_create(Kind kind) const {
  return target().request(creation_of(kind)) != nullptr &&
         target().request(read_operation(kind)) != nullptr;
}

ForeignFinding Lab::finding(const EntityRef& ref, Difference kind,
                            const std::string& experiment) const {
  ForeignFinding made;
  made.kind = kind;
  made.aggregate = ref.kind;
  static_cast<void>(session_.ids().append(made.id, ref.kind, ref.index));
  made.uuid = to_string(generator_.id(ref.kind, ref.index));
  made.store = "probe: " + experiment;
  return made;
}

}  // namespace cqrs::target
