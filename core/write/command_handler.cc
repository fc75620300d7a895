#include "core/write/command_handler.h"

#include "core/write/batch_decision.h"

#include <algorithm>

namespace cqrs {

std::vector<Outcome> CommandHandler::execute(std::span<const Command> batch) {
  std::vector<Outcome> outcomes(batch.size());
  if (!batch.empty()) execute_into(batch, outcomes);
  return outcomes;
}

void CommandHandler::execute_into(std::span<const Command> batch, std::span<Outcome> outcomes) {
  const Touched touched = touched_by(batch);
  const Status status = store_.transact(touched, [&](const Loaded& loaded) {
    BatchDecision decision(touched, loaded, clock_.now(), event_ids_);
    for (std::size_t i = 0; i < batch.size(); ++i) outcomes[i] = decision.decide_one(batch[i]);
    return decision.take_changes();
  });
  if (status.ok()) return;
  if (status.error().code == ErrorCode::kInternal && batch.size() > 1) {
    const std::size_t half = batch.size() / 2;
    execute_into(batch.first(half), outcomes.first(half));
    execute_into(batch.subspan(half), outcomes.subspan(half));
    return;
  }
  std::fill(outcomes.begin(), outcomes.end(), Outcome(status.error()));
}

}  // namespace cqrs
