#include "core/project/view_body.h"

namespace cqrs {

void append_view_fields(JsonObject& body, std::string& /*out*/, const UserState& user) {
  const PersonalFields& personal = user.personal;
  body.text("email", personal.email).text("name", personal.name);
  body.optional_text("nickname", personal.nickname).optional_text("phone", personal.phone);
  body.raw("address", personal.address ? *personal.address : "null");
  body.optional_text("avatar", personal.avatar);
  body.text("role", role_name(user.role)).boolean("isActive", user.active);
}

UserState read_user_view(ObjectReader& reader) {
  UserState user;
  user.personal.email = reader.text("email");
  user.personal.name = reader.text("name");
  user.personal.nickname = reader.optional_text("nickname");
  user.personal.phone = reader.optional_text("phone");
  if (const JsonValue* address = reader.object("address")) {
    append_json(user.personal.address.emplace(), *address);
  }
  user.personal.avatar = reader.optional_text("avatar");
  const auto role = parse_role(reader.text("role"));
  if (!role) reader.fail("role", "is unknown");
  user.role = role.value_or(Role::kUser);
  user.active = reader.boolean("isActive");
  return user;
}

}  // namespace cqrs
