// The aggregates seen alike: one state, one command and one event type over all kinds, so that the
// command handler, the projector and verify need not know which aggregate they hold.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/domain/claim.h"
#include "core/domain/order/order.h"
#include "core/domain/product/product.h"
#include "core/domain/stream_key.h"
#include "core/domain/user/user.h"

#include <optional>
#include <variant>
#include <vector>

namespace cqrs {

using State = std::variant<UserState, ProductState, OrderState>;
using CommandBody = std::variant<UserCommand, ProductCommand, OrderCommand>;
using EventBody = std::variant<UserEvent, ProductEvent, OrderEvent>;

[[nodiscard]] Kind kind_of(const CommandBody& command);
[[nodiscard]] Kind kind_of(const State& state);
// Whether the command makes a new entity, so that its id may be chosen for the client.
[[nodiscard]] bool creates(const CommandBody& command);

// The other aggregates whose state the decision reads.
[[nodiscard]] std::vector<StreamKey> references_of(const CommandBody& command);
// The claims a decision may need, whatever it decides: those that the command would newly hold.
[[nodiscard]] std::vector<Claim> claims_wanted(const CommandBody& command);

// `state` is nullptr when the entity does not exist, and of the command's kind otherwise.
[[nodiscard]] Result<std::vector<EventBody>> decide(const State* state, const CommandBody& command,
                                                    const References& references);
// Applies one event. An event that presupposes a state is ignored when there is none; a deletion
// leaves none.
void evolve(std::optional<State>& state, const EventBody& event);

[[nodiscard]] std::vector<Claim> claims_of(const State& state);

// The published content digest (docs/formats/digest.md). A tombstone has no state.
[[nodiscard]] Digest digest_of(const StreamKey& key, std::int64_t version, const State* state);

}  // namespace cqrs
