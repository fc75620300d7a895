#include "tests/simulation/clients.h"

#include "core/base/check.h"

#include "tests/support/builders.h"
#include "tests/support/history.h"

#include <algorithm>

namespace cqrs::simulation {
namespace {

std::string describe(const Accepted& accepted) {
  return "version " + std::to_string(accepted.version) + " at position " +
         std::to_string(accepted.position);
}

}  // namespace

std::size_t Clients::pick() {
  const auto unresolved = std::find_if(requests_.begin(), requests_.end(),
                                       [](const Request& request) { return request.unresolved; });
  if (unresolved != requests_.end() && random_.percent(50)) {
    return static_cast<std::size_t>(unresolved - requests_.begin());
  }
  if (!requests_.empty() && random_.percent(15)) return random_.below(requests_.size());
  const auto key = requests_.size();
  requests_.push_back({support::with_key(support::random_command(random_), key, key), {}, false});
  return key;
}

std::vector<Command> Clients::next_batch() {
  batch_.clear();
  std::vector<Command> commands;
  for (auto left = 1 + random_.below(5); left > 0; --left) {
    batch_.push_back(pick());
    commands.push_back(requests_[batch_.back()].command);
  }
  return commands;
}

std::vector<Command> Clients::acknowledged_again() {
  batch_.clear();
  std::vector<Command> commands;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (!requests_[i].acknowledged) continue;
    batch_.push_back(i);
    commands.push_back(requests_[i].command);
  }
  return commands;
}

Violation Clients::answer(const std::vector<Outcome>& outcomes) {
  CQRS_CHECK(outcomes.size() == batch_.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Request& request = requests_[batch_[i]];
    const Outcome& outcome = outcomes[i];
    const std::string name = "request " + std::to_string(batch_[i]);
    if (!outcome.ok()) {
      request.unresolved = outcome.error().retryable();
      if (request.acknowledged && !request.unresolved) {
        return name + " was acknowledged and its retry got: " + outcome.error().message;
      }
      continue;
    }
    request.unresolved = false;
    if (!request.acknowledged) {
      request.acknowledged = *outcome;
      continue;
    }
    const Accepted& first = *request.acknowledged;
    if (!outcome->replayed || outcome->version != first.version ||
        outcome->position != first.position || outcome->stream != first.stream) {
      return name + " was acknowledged as " + describe(first) + " and its retry as " +
             describe(*outcome) + (outcome->replayed ? "" : ", not as a replay");
    }
  }
  return std::nullopt;
}

void Clients::lost() {
  for (const auto index : batch_) requests_[index].unresolved = true;
}

Violation Clients::check_record(const memory::MemoryRecord& record) const {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (!requests_[i].acknowledged) continue;
    const Accepted& accepted = *requests_[i].acknowledged;
    const auto index = static_cast<std::size_t>(accepted.position - 1);
    const std::string name =
        "request " + std::to_string(i) + ", acknowledged as " + describe(accepted);
    if (index >= record.events.size()) return name + ", is not in the record";
    const Event& event = record.events[index];
    if (event.stream != accepted.stream || event.version != accepted.version) {
      return name + ": another event stands there";
    }
  }
  return std::nullopt;
}

}  // namespace cqrs::simulation
