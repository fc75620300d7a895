// The user aggregate: what each command is answered with in each state, and what its events do.
#include "core/domain/user/user.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

Result<std::vector<UserEvent>> create(const PersonalFields& personal) {
  return decide(nullptr, UserCommand(CreateUser{personal}));
}

Result<std::vector<UserEvent>> update(const UserState& state, const UpdateUser& changes) {
  return decide(&state, UserCommand(changes));
}

// The state after the decided events.
UserState after(const UserState& before, const std::vector<UserEvent>& events) {
  std::optional<UserState> state = before;
  for (const auto& event : events) evolve(state, event);
  return *state;
}

TEST(User, CreationGivesOneEventWithTheWholeState) {
  const auto events = create(a_full_user(1).personal);
  ASSERT_THAT(events, is_ok());
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(std::get<UserCreated>(events->front()).user, a_full_user(1));
}

TEST(User, NewUserIsAnActiveUserWithoutRights) {
  const auto events = create(a_user(1).personal);
  ASSERT_THAT(events, is_ok());
  const UserState& user = std::get<UserCreated>(events->front()).user;
  EXPECT_EQ(user.role, Role::kUser);
  EXPECT_TRUE(user.active);
}

TEST(User, EmailIsStoredInLowerCase) {
  PersonalFields personal = a_user(1).personal;
  personal.email = "Ada@Example.COM";
  const auto events = create(personal);
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(std::get<UserCreated>(events->front()).user.personal.email, "ada@example.com");
}

TEST(User, CreationOfAnExistingUserIsRefused) {
  const UserState user = a_user(1);
  EXPECT_THAT(decide(&user, UserCommand(CreateUser{user.personal})),
              fails_with(ErrorCode::kAlreadyExists, "id"));
}

TEST(User, ChangesOfAMissingUserAreNotFound) {
  for (const UserCommand& command : {UserCommand(UpdateUser{}), UserCommand(DeleteUser{}),
                                     UserCommand(DeactivateUser{}), UserCommand(ActivateUser{})}) {
    EXPECT_THAT(decide(nullptr, command), fails_with(ErrorCode::kNotFound, "id"));
  }
}

TEST(User, DeletionLeavesNoState) {
  for (const bool active : {true, false}) {
    UserState before = a_full_user(1);
    before.active = active;
    const auto events = decide(&before, UserCommand(DeleteUser{}));
    ASSERT_THAT(events, is_ok());
    ASSERT_EQ(events->size(), 1U);
    std::optional<UserState> state = before;
    evolve(state, events->front());
    EXPECT_FALSE(state.has_value());
  }
}

TEST(User, DeactivationAndActivationChangeNothingElse) {
  const UserState active = a_full_user(1);
  const auto off = decide(&active, UserCommand(DeactivateUser{}));
  ASSERT_THAT(off, is_ok());
  UserState inactive = a_full_user(1);
  inactive.active = false;
  EXPECT_EQ(after(active, *off), inactive);
  const auto on = decide(&inactive, UserCommand(ActivateUser{}));
  ASSERT_THAT(on, is_ok());
  EXPECT_EQ(after(inactive, *on), active);
}

TEST(User, DeactivationAndActivationThatHoldAlreadyGiveNoEvent) {
  const UserState active = a_user(1);
  const auto on = decide(&active, UserCommand(ActivateUser{}));
  ASSERT_THAT(on, is_ok());
  EXPECT_TRUE(on->empty());
  UserState inactive = a_user(1);
  inactive.active = false;
  const auto off = decide(&inactive, UserCommand(DeactivateUser{}));
  ASSERT_THAT(off, is_ok());
  EXPECT_TRUE(off->empty());
}

TEST(User, InactiveUserCanBeUpdatedAndStaysInactive) {
  UserState inactive = a_user(1);
  inactive.active = false;
  UpdateUser changes;
  changes.name = set("Ada");
  const auto events = update(inactive, changes);
  ASSERT_THAT(events, is_ok());
  UserState expected = inactive;
  expected.personal.name = "Ada";
  EXPECT_EQ(after(inactive, *events), expected);
}

struct BadField {
  const char* field;
  void (*spoil)(PersonalFields&);
};

void PrintTo(const BadField& bad, std::ostream* out) { *out << bad.field; }

class UserFieldRules : public testing::TestWithParam<BadField> {};

TEST_P(UserFieldRules, AreKeptOnCreation) {
  PersonalFields personal = a_full_user(1).personal;
  GetParam().spoil(personal);
  EXPECT_THAT(create(personal), fails_with(ErrorCode::kInvalid, GetParam().field));
}

TEST_P(UserFieldRules, AreKeptOnUpdate) {
  PersonalFields personal = a_full_user(1).personal;
  GetParam().spoil(personal);
  UpdateUser changes;
  changes.email = set(personal.email);
  changes.name = set(personal.name);
  changes.nickname = {true, personal.nickname};
  changes.phone = {true, personal.phone};
  changes.address = {true, personal.address};
  changes.avatar = {true, personal.avatar};
  EXPECT_THAT(update(a_full_user(2), changes), fails_with(ErrorCode::kInvalid, GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, UserFieldRules,
    testing::Values(BadField{"email", [](PersonalFields& p) { p.email = "ada"; }},
                    BadField{"name", [](PersonalFields& p) { p.name = ""; }},
                    BadField{"nickname", [](PersonalFields& p) { p.nickname = "a b"; }},
                    BadField{"phone", [](PersonalFields& p) { p.phone = "030 123456"; }},
                    BadField{"address", [](PersonalFields& p) { p.address->resize(2'001, ' '); }},
                    BadField{"avatar", [](PersonalFields& p) { p.avatar = "ftp://x/y"; }}),
    [](const auto& info) { return std::string(info.param.field); });

TEST(User, UpdateChangesExactlyWhatItNames) {
  UpdateUser changes;
  changes.name = set("Ada");
  const auto events = update(a_full_user(1), changes);
  ASSERT_THAT(events, is_ok());
  UserState expected = a_full_user(1);
  expected.personal.name = "Ada";
  EXPECT_EQ(after(a_full_user(1), *events), expected);
}

TEST(User, EventHoldsOnlyTheFieldsThatReallyChanged) {
  UpdateUser changes;
  changes.email = set("USER1@example.com");
  changes.name = set("Ada");
  changes.phone = set(*a_full_user(1).personal.phone);
  const auto events = update(a_full_user(1), changes);
  ASSERT_THAT(events, is_ok());
  ASSERT_EQ(events->size(), 1U);
  UpdateUser expected;
  expected.name = set("Ada");
  EXPECT_EQ(std::get<UserUpdated>(events->front()).changes, expected);
}

TEST(User, UpdateToTheSameValuesGivesNoEvent) {
  UpdateUser changes;
  changes.email = set(an_email(1));
  changes.name = set(a_user(1).personal.name);
  changes.nickname = clear();
  const auto events = update(a_user(1), changes);
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST(User, EmptyUpdateGivesNoEvent) {
  const auto events = update(a_user(1), {});
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST(User, OptionalFieldsCanBeCleared) {
  UpdateUser changes;
  changes.nickname = changes.phone = changes.address = changes.avatar = clear();
  const auto events = update(a_full_user(1), changes);
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(after(a_full_user(1), *events), a_user(1));
}

TEST(User, RequiredFieldsCannotBeCleared) {
  UpdateUser email;
  email.email = clear();
  EXPECT_THAT(update(a_user(1), email), fails_with(ErrorCode::kInvalid, "email"));
  UpdateUser name;
  name.name = clear();
  EXPECT_THAT(update(a_user(1), name), fails_with(ErrorCode::kInvalid, "name"));
}

TEST(User, ChangesWithoutAStateAreIgnoredByEvolve) {
  std::optional<UserState> state;
  for (const UserEvent& event : {UserEvent(UserUpdated{}), UserEvent(UserDeleted{}),
                                 UserEvent(UserDeactivated{}), UserEvent(UserActivated{})}) {
    evolve(state, event);
    EXPECT_FALSE(state.has_value());
  }
}

TEST(User, ClaimsAreEmailNicknameAndPhoneInOneSpelling) {
  UserState user = a_full_user(1);
  user.personal.nickname = "Ada.L";
  EXPECT_THAT(claims_of(user),
              testing::ElementsAre(Claim{ClaimField::kUserEmail, an_email(1)},
                                   Claim{ClaimField::kUserNickname, "ada.l"},
                                   Claim{ClaimField::kUserPhone, *user.personal.phone}));
}

TEST(User, AbsentFieldsClaimNothing) { EXPECT_EQ(claims_of(a_user(1)).size(), 1U); }

TEST(User, RolesHaveStableNames) {
  EXPECT_EQ(role_name(Role::kUser), "user");
  EXPECT_EQ(role_name(Role::kAdmin), "admin");
  EXPECT_EQ(parse_role("admin"), Role::kAdmin);
  EXPECT_EQ(parse_role("root"), std::nullopt);
}

}  // namespace
}  // namespace cqrs
