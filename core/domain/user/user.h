// The user aggregate as a pure Decider: decide(state, command) -> events, evolve(state, event).
// Knows nothing of storage, transport or other users; uniqueness is a claim that the write side
// holds.
#pragma once

#include "core/base/digest.h"
#include "core/base/patch.h"
#include "core/base/result.h"
#include "core/domain/claim.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cqrs {

enum class Role : std::uint8_t { kUser, kAdmin };
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

// The fields that identify a person. They stand under one `personal` object wherever they are
// stored, so that they can later be encrypted per person and erased.
struct PersonalFields {
  std::string email;  // lower case
  std::string name;
  std::optional<std::string> nickname;
  std::optional<std::string> phone;
  std::optional<std::string> address;  // canonical JSON object text
  std::optional<std::string> avatar;
  friend bool operator==(const PersonalFields&, const PersonalFields&) = default;
};

struct UserState {
  PersonalFields personal;
  Role role = Role::kUser;
  bool active = true;
  friend bool operator==(const UserState&, const UserState&) = default;
};

struct CreateUser {
  PersonalFields personal;
};

// Absent fields stay; null clears where a field is optional.
struct UpdateUser {
  Patch<std::string> email, name, nickname, phone, address, avatar;
  friend bool operator==(const UpdateUser&, const UpdateUser&) = default;
};

// Leaves a tombstone: the id can never be used again, what it claimed is free at once.
struct DeleteUser {};
struct DeactivateUser {};
struct ActivateUser {};

struct UserCreated {
  UserState user;
};
// Only the fields that really changed.
struct UserUpdated {
  UpdateUser changes;
};
struct UserDeleted {};
struct UserDeactivated {};
struct UserActivated {};

using UserCommand = std::variant<CreateUser, UpdateUser, DeleteUser, DeactivateUser, ActivateUser>;
using UserEvent =
    std::variant<UserCreated, UserUpdated, UserDeleted, UserDeactivated, UserActivated>;

// Errors: already_exists (create of an existing id), not_found (any other command for a missing
// one), invalid (a field outside its limits, named). What changes nothing gives no event.
[[nodiscard]] Result<std::vector<UserEvent>> decide(const UserState* state,
                                                    const UserCommand& command);
// A deletion leaves no state.
void evolve(std::optional<UserState>& state, const UserEvent& event);

void append_canonical(DigestBuilder& digest, const UserState& state);
[[nodiscard]] std::vector<Claim> claims_of(const UserState& state);

}  // namespace cqrs
