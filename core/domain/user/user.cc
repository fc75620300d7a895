#include "core/domain/user/user.h"

#include "core/domain/validation.h"

namespace cqrs {
namespace {

using Events = std::vector<UserEvent>;

Status check_optional(const std::optional<std::string>& value, Status (*check)(std::string_view)) {
  return value ? check(*value) : Status();
}

Status check_address(std::string_view text) {
  if (text.size() <= limits::kAddressMax) return {};
  return invalid("address", "address is longer than " + std::to_string(limits::kAddressMax) +
                                " bytes of JSON");
}

Status check_personal(const PersonalFields& personal) {
  CQRS_TRY(check_email(personal.email));
  CQRS_TRY(check_text("name", personal.name, 1, limits::kNameMax));
  CQRS_TRY(check_optional(personal.nickname, check_nickname));
  CQRS_TRY(check_optional(personal.phone, check_phone));
  CQRS_TRY(check_optional(personal.address, check_address));
  return check_optional(personal.avatar, check_avatar);
}

template <class Field>
void apply(Field& field, const Patch<std::string>& patch) {
  if (!patch.present) return;
  if constexpr (std::is_same_v<Field, std::string>) {
    field = *patch.value;
  } else {
    field = patch.value;
  }
}

void apply_all(PersonalFields& personal, const UpdateUser& changes) {
  apply(personal.email, changes.email);
  apply(personal.name, changes.name);
  apply(personal.nickname, changes.nickname);
  apply(personal.phone, changes.phone);
  apply(personal.address, changes.address);
  apply(personal.avatar, changes.avatar);
}

// Drops from `patch` what would not change anything.
template <class Field>
void keep_change(Patch<std::string>& patch, const Field& before, const Field& after) {
  if (before == after) patch = {};
}

Result<Events> decide_update(const UserState& state, const UpdateUser& command) {
  for (const auto* patch : {&command.email, &command.name}) {
    if (patch->present && !patch->value) {
      const char* field = patch == &command.email ? "email" : "name";
      return invalid(field,
                     std::string(field) + " cannot be cleared: send a new value or leave it out");
    }
  }
  UpdateUser changes = command;
  if (changes.email.present) changes.email.value = to_lower(*changes.email.value);
  const PersonalFields& before = state.personal;
  PersonalFields after = before;
  apply_all(after, changes);
  CQRS_TRY(check_personal(after));
  keep_change(changes.email, before.email, after.email);
  keep_change(changes.name, before.name, after.name);
  keep_change(changes.nickname, before.nickname, after.nickname);
  keep_change(changes.phone, before.phone, after.phone);
  keep_change(changes.address, before.address, after.address);
  keep_change(changes.avatar, before.avatar, after.avatar);
  if (changes == UpdateUser{}) return Events{};
  return Events{UserUpdated{std::move(changes)}};
}

struct Decision {
  const UserState* state;

  Result<Events> operator()(const CreateUser& command) const {
    if (state != nullptr) {
      return make_error(ErrorCode::kAlreadyExists, "a user with this id exists already", "id");
    }
    UserState user{command.personal, Role::kUser, true};
    user.personal.email = to_lower(user.personal.email);
    CQRS_TRY(check_personal(user.personal));
    return Events{UserCreated{std::move(user)}};
  }
  Result<Events> operator()(const UpdateUser& command) const {
    if (state == nullptr) return missing();
    return decide_update(*state, command);
  }
  Result<Events> operator()(const DeleteUser& /*command*/) const {
    if (state == nullptr) return missing();
    return Events{UserDeleted{}};
  }
  Result<Events> operator()(const DeactivateUser& /*command*/) const {
    if (state == nullptr) return missing();
    return state->active ? Events{UserDeactivated{}} : Events{};
  }
  Result<Events> operator()(const ActivateUser& /*command*/) const {
    if (state == nullptr) return missing();
    return state->active ? Events{} : Events{UserActivated{}};
  }

  static Error missing() { return make_error(ErrorCode::kNotFound, "no user has this id", "id"); }
};

struct Evolution {
  std::optional<UserState>& state;

  void operator()(const UserCreated& event) const { state = event.user; }
  void operator()(const UserUpdated& event) const {
    if (state) apply_all(state->personal, event.changes);
  }
  void operator()(const UserDeleted& /*event*/) const { state.reset(); }
  void operator()(const UserDeactivated& /*event*/) const { set_active(false); }
  void operator()(const UserActivated& /*event*/) const { set_active(true); }

  void set_active(bool active) const {
    if (state) state->active = active;
  }
};

}  // namespace

std::string_view role_name(Role role) { return role == Role::kAdmin ? "admin" : "user"; }

std::optional<Role> parse_role(std::string_view text) {
  if (text == "user") return Role::kUser;
  if (text == "admin") return Role::kAdmin;
  return std::nullopt;
}

Result<Events> decide(const UserState* state, const UserCommand& command) {
  return std::visit(Decision{state}, command);
}

void evolve(std::optional<UserState>& state, const UserEvent& event) {
  std::visit(Evolution{state}, event);
}

void append_canonical(DigestBuilder& digest, const UserState& state) {
  digest.text(state.personal.email);
  digest.text(state.personal.name);
  digest.optional_text(state.personal.nickname);
  digest.optional_text(state.personal.phone);
  digest.optional_text(state.personal.address);
  digest.optional_text(state.personal.avatar);
  digest.text(role_name(state.role));
  digest.boolean(state.active);
}

std::vector<Claim> claims_of(const UserState& state) {
  std::vector<Claim> claims{{ClaimField::kUserEmail, state.personal.email}};
  if (state.personal.nickname) {
    claims.push_back({ClaimField::kUserNickname, to_lower(*state.personal.nickname)});
  }
  if (state.personal.phone) claims.push_back({ClaimField::kUserPhone, *state.personal.phone});
  return claims;
}

}  // namespace cqrs
