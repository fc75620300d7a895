#include "cli/target/settled.h"

#include <thread>

namespace cqrs::target {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{10};
constexpr int kAttempts = 4;

bool sleep_for(std::chrono::milliseconds time, const std::atomic<bool>& interrupted) {
  const auto end = Steady::now() + time;
  while (Steady::now() < end && !interrupted) std::this_thread::sleep_for(kLookEvery);
  return !interrupted;
}

// One look; errors of a system that is starting again are no news.
Result<bool> look(Session& session, const Generator& generator,
                  const std::optional<EntityRef>& sentinel) {
  if (session.target().caught_up.how == CaughtUp::How::kRequest) {
    auto lag = session.lag();
    if (!lag && lag.error().code != ErrorCode::kInvalid) return false;
    if (!lag) return lag.error();
    return lag->caught_up;
  }
  if (!sentinel) return true;
  auto request = session.target().require(read_operation(sentinel->kind));
  if (!request) return request.error();
  const ForeignValues values(generator, session.ids(), sentinel->kind, sentinel->index);
  auto answer = session.ask(**request, values);
  if (!answer && answer.error().code == ErrorCode::kInvalid) return answer.error();
  return answer && answer->status >= 200 && answer->status < 300;
}

struct Reading {
  const std::vector<EntityRef>& wanted;
  std::vector<std::size_t> waiting;
  std::vector<std::uint8_t> attempts;
  std::size_t in_flight = 0;
};

}  // namespace

Operation read_operation(Kind kind) {
  return kind == Kind::kUser      ? Operation::kGetUser
         : kind == Kind::kProduct ? Operation::kGetProduct
                                  : Operation::kGetOrder;
}

Result<Settled> wait_settled(Session& session, const Generator& generator,
                             std::optional<EntityRef> sentinel, std::chrono::milliseconds patience,
                             const std::atomic<bool>& interrupted) {
  const CaughtUp& how = session.target().caught_up;
  if (how.how == CaughtUp::How::kSettle) {
    return sleep_for(how.settle, interrupted) ? Settled::kWaited : Settled::kNot;
  }
  const auto give_up = Steady::now() + patience;
  while (!interrupted) {
    auto there = look(session, generator, sentinel);
    if (!there) return there.error();
    if (*there) {
      return sleep_for(how.settle, interrupted) ? Settled::kTold : Settled::kNot;
    }
    if (Steady::now() >= give_up) break;
    std::this_thread::sleep_for(kLookEvery);
  }
  return Settled::kNot;
}

Status read_entities(Session& session, const Generator& generator,
                     const std::vector<EntityRef>& wanted, const std::atomic<bool>& interrupted,
                     const std::function<void(const EntityRef&, const load::Answer&)>& seen) {
  const Target& target = session.target();
  Reading reading{wanted, {}, std::vector<std::uint8_t>(wanted.size(), 0), 0};
  for (std::size_t at = wanted.size(); at > 0; --at) reading.waiting.push_back(at - 1);
  for (const auto& ref : wanted) {
    if (auto request = target.require(read_operation(ref.kind)); !request) return request.error();
  }
  load::ClientCallbacks callbacks;
  callbacks.next = [&](load::Prepared& prepared) {
    while (!reading.waiting.empty()) {
      const std::size_t at = reading.waiting.back();
      reading.waiting.pop_back();
      const EntityRef& ref = wanted[at];
      const ForeignValues values(generator, session.ids(), ref.kind, ref.index);
      const Request& request = *target.request(read_operation(ref.kind));
      if (!session.write(prepared.bytes, request, values)) continue;
      prepared.tag = at;
      prepared.scheduled = Steady::now();
      ++reading.in_flight;
      return true;
    }
    return false;
  };
  callbacks.done = [&](const load::Answer& answer) {
    --reading.in_flight;
    const bool again = answer.transport != load::Transport::kAnswered || answer.status >= 500 ||
                       answer.status == 429 || answer.status == 401;
    if (answer.status == 401) session.refresh();
    if (again && ++reading.attempts[answer.tag] < kAttempts) {
      reading.waiting.push_back(answer.tag);
      return;
    }
    seen(wanted[answer.tag], answer);
  };
  callbacks.idle = [&] { return !reading.waiting.empty() || reading.in_flight > 0; };
  load::ClientOptions options;
  options.endpoint = target.endpoint;
  options.connections = target.connections;
  options.depth = target.depth;
  options.timeout = target.timeout;
  return load::run_client(options, callbacks, interrupted);
}

}  // namespace cqrs::target
