#include "core/domain/aggregate.h"

#include "core/domain/validation.h"

namespace cqrs {
namespace {

template <class TypedState>
const TypedState* as(const State* state) {
  return state == nullptr ? nullptr : std::get_if<TypedState>(state);
}

template <class TypedEvent>
Result<std::vector<EventBody>> widen(Result<std::vector<TypedEvent>> events) {
  if (!events) return events.error();
  std::vector<EventBody> out;
  out.reserve(events->size());
  for (auto& event : *events) out.emplace_back(std::move(event));
  return out;
}

template <class TypedState, class TypedEvent>
void evolve_typed(std::optional<State>& state, const TypedEvent& event) {
  std::optional<TypedState> typed;
  if (state) {
    if (auto* current = std::get_if<TypedState>(&*state)) typed = std::move(*current);
  }
  evolve(typed, event);
  if (typed) {
    state = State(std::move(*typed));
  } else {
    state.reset();
  }
}

void want(std::vector<Claim>& claims, ClaimField field, const std::optional<std::string>& value,
          bool lower) {
  if (value) claims.push_back({field, lower ? to_lower(*value) : *value});
}

}  // namespace

Kind kind_of(const CommandBody& command) { return static_cast<Kind>(command.index() + 1); }
Kind kind_of(const State& state) { return static_cast<Kind>(state.index() + 1); }

bool creates(const CommandBody& command) {
  // Every aggregate's creating command is the first alternative of its variant.
  return std::visit([](const auto& typed) { return typed.index() == 0; }, command);
}

std::vector<StreamKey> references_of(const CommandBody& command) {
  std::vector<StreamKey> out;
  const auto* order = std::get_if<OrderCommand>(&command);
  if (order == nullptr) return out;
  if (const auto* create = std::get_if<CreateOrder>(order)) {
    out.reserve(create->lines.size() + 1);
    out.push_back({Kind::kUser, create->user});
    for (const auto& line : create->lines) out.push_back({Kind::kProduct, line.product});
  }
  return out;
}

std::vector<Claim> claims_wanted(const CommandBody& command) {
  std::vector<Claim> claims;
  const auto* user = std::get_if<UserCommand>(&command);
  if (user == nullptr) return claims;
  if (const auto* create = std::get_if<CreateUser>(user)) {
    want(claims, ClaimField::kUserEmail, create->personal.email, true);
    want(claims, ClaimField::kUserNickname, create->personal.nickname, true);
    want(claims, ClaimField::kUserPhone, create->personal.phone, false);
  } else if (const auto* update = std::get_if<UpdateUser>(user)) {
    want(claims, ClaimField::kUserEmail, update->email.value, true);
    want(claims, ClaimField::kUserNickname, update->nickname.value, true);
    want(claims, ClaimField::kUserPhone, update->phone.value, false);
  }
  return claims;
}

Result<std::vector<EventBody>> decide(const State* state, const CommandBody& command,
                                      const References& references) {
  if (const auto* user = std::get_if<UserCommand>(&command)) {
    return widen(decide(as<UserState>(state), *user));
  }
  if (const auto* product = std::get_if<ProductCommand>(&command)) {
    return widen(decide(as<ProductState>(state), *product));
  }
  return widen(decide(as<OrderState>(state), std::get<OrderCommand>(command), references));
}

void evolve(std::optional<State>& state, const EventBody& event) {
  if (const auto* user = std::get_if<UserEvent>(&event)) {
    evolve_typed<UserState>(state, *user);
  } else if (const auto* product = std::get_if<ProductEvent>(&event)) {
    evolve_typed<ProductState>(state, *product);
  } else {
    evolve_typed<OrderState>(state, std::get<OrderEvent>(event));
  }
}

std::vector<Claim> claims_of(const State& state) {
  const auto* user = std::get_if<UserState>(&state);
  return user == nullptr ? std::vector<Claim>() : claims_of(*user);
}

Digest digest_of(const StreamKey& key, std::int64_t version, const State* state) {
  DigestBuilder digest(kind_name(key.kind), key.id, version, state == nullptr);
  if (state != nullptr) {
    std::visit([&](const auto& typed) { append_canonical(digest, typed); }, *state);
  }
  return digest.finish();
}

}  // namespace cqrs
