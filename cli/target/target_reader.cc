#include "cli/target/target_reader.h"

#include <algorithm>

namespace cqrs::target {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Status check_variables(const Template& made, Kind kind, const std::string& field,
                       const std::vector<std::string>& more = {}) {
  for (const auto& name : made.variables()) {
    if (holds(variables_of(kind), name) || holds(item_variables(), name) || holds(more, name)) {
      continue;
    }
    return invalid(field, field + ": there is no variable {{" + name + "}}: a " +
                              std::string(kind_name(kind)) + " has " + joined(variables_of(kind)));
  }
  return {};
}

Status check_request(const Request& request, Kind kind, const std::string& field,
                     const std::vector<std::string>& more = {}) {
  CQRS_TRY(check_variables(request.path, kind, field + ".path", more));
  if (request.body) CQRS_TRY(check_variables(*request.body, kind, field + ".body", more));
  return {};
}

const std::vector<std::string>& list_variables() {
  static const std::vector<std::string> names{"limit", "offset", "page", "cursor"};
  return names;
}

}  // namespace

const std::vector<std::string>& variables_of(Kind kind) {
  static const std::vector<std::string> user{"id",    "uuid",     "number", "key",
                                             "email", "password", "name",   "active"};
  static const std::vector<std::string> product{
      "id", "uuid", "number", "key", "name", "description", "price", "price_minor", "active"};
  static const std::vector<std::string> order{"id",      "uuid",      "number", "key",
                                              "user.id", "user.uuid", "total",  "total_minor",
                                              "status",  "reason",    "items"};
  return kind == Kind::kUser ? user : kind == Kind::kProduct ? product : order;
}

const std::vector<std::string>& item_variables() {
  static const std::vector<std::string> names{"item.product.id",  "item.product.uuid",
                                              "item.quantity",    "item.price",
                                              "item.price_minor", "item.number"};
  return names;
}

Status TargetReader::pointer(const std::string& text, const std::string& field) {
  if (is_pointer(text)) return {};
  return invalid(field, field +
                            " must be a JSON pointer like /data/id, or \"\" for the whole "
                            "answer, not \"" +
                            text.substr(0, 60) + "\"");
}

Status TargetReader::statuses(const JsonValue& list, const std::string& field,
                              std::vector<int>& out) {
  for (const auto& element : list) {
    const int status = element.is(JsonType::kInteger) && element.text.size() == 3
                           ? std::stoi(std::string(element.text))
                           : 0;
    if (status < 100 || status > 599) {
      return invalid(field, field + " must be a list of HTTP statuses from 100 to 599");
    }
    out.push_back(status);
  }
  if (!out.empty()) return {};
  return invalid(field, field + " must name at least one HTTP status");
}

Status TargetReader::request(ObjectReader& object, const std::string& field, Request& out) {
  out.method = object.optional_text("method").value_or("GET");
  const std::string path = object.text("path");
  const JsonValue* expect = object.has("expect") ? object.array("expect") : nullptr;
  const JsonValue* body = object.has("body") ? object.object("body") : nullptr;
  CQRS_TRY(object.finish_lenient());
  if (out.method.empty() ||
      out.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
    return invalid(field + ".method", field + ".method must be a word like GET or POST");
  }
  if (!path.starts_with('/') || path.find_first_of(" \r\n") != std::string::npos) {
    return invalid(field + ".path", field + ".path must begin with / and have no blank");
  }
  auto expanded = expand(path, field + ".path");
  if (!expanded) return expanded.error();
  auto made = Template::of_text(*expanded, Escape::kPath, field + ".path");
  if (!made) return made.error();
  out.path = std::move(*made);
  if (expect == nullptr) {
    out.expect = {200, 201, 202, 204};
  } else {
    CQRS_TRY(statuses(*expect, field + ".expect", out.expect));
  }
  if (body == nullptr) return {};
  // Expanded as text: a secret must not change what is a string and what is not.
  std::string text;
  append_json(text, *body);
  auto whole = expand(text, field + ".body");
  if (!whole) return whole.error();
  auto document = parse_json(*whole);
  if (!document) {
    return invalid(field + ".body", field +
                                        ".body is no JSON any more with the values of the "
                                        "environment: they may not hold quotes or \\");
  }
  auto body_made = Template::of_json(document->root(), field + ".body");
  if (!body_made) return body_made.error();
  out.body = std::move(*body_made);
  return {};
}

Status TargetReader::entities(const JsonValue& value, Target& target) {
  ObjectReader object(value, "entities");
  for (const Kind kind : kAllKinds) {
    if (!object.has(kind_name(kind))) continue;
    const JsonValue* entity = object.object(kind_name(kind));
    CQRS_TRY(object.finish_lenient());
    CQRS_TRY(this->entity(*entity, kind, target));
  }
  return object.finish();
}

Status TargetReader::entity(const JsonValue& value, Kind kind, Target& target) {
  const std::string path = "entities." + std::string(kind_name(kind));
  Entity& out = target.entities[kind_index(kind)];
  out.mapped = true;
  ObjectReader object(value, path);
  for (const auto& member : value) {
    if (member.key != "id") continue;
    if (member.is(JsonType::kObject)) {
      static_cast<void>(object.object("id"));
      ObjectReader id(member, path + ".id");
      auto made = Template::of_text(id.text("client"), Escape::kPlain, path + ".id.client");
      CQRS_TRY(id.finish());
      if (!made) return made.error();
      CQRS_TRY(check_variables(*made, kind, path + ".id.client"));
      out.client_id = std::move(*made);
    } else {
      out.id_at = object.text("id");
      CQRS_TRY(pointer(out.id_at, path + ".id"));
    }
  }
  if (!object.has("id"))
    object.fail("id",
                "is missing: a JSON pointer to the id in the answer to "
                "create, or {\"client\": \"{{uuid}}\"}");
  out.version_at = object.optional_text("version");
  out.position_at = object.optional_text("position");
  out.read_version_at = object.optional_text("read_version");
  const JsonValue* requests = object.object("requests");
  const JsonValue* fields = object.object("fields");
  const JsonValue* list = object.has("list") ? object.object("list") : nullptr;
  const JsonValue* find = object.has("find") ? object.object("find") : nullptr;
  CQRS_TRY(object.finish());
  for (const auto* at : {&out.version_at, &out.position_at, &out.read_version_at}) {
    if (*at) CQRS_TRY(pointer(**at, path + ": version, position or read_version"));
  }
  CQRS_TRY(this->requests(*requests, kind, path + ".requests", target));
  CQRS_TRY(this->fields(*fields, path + ".fields", out.fields));
  for (const auto& field : out.fields) {
    if (holds(variables_of(kind), field.name)) continue;
    return invalid(path + ".fields." + field.name,
                   path + ".fields." + field.name + ": there is no such value: a " +
                       std::string(kind_name(kind)) + " has " + joined(variables_of(kind)));
  }
  if (list != nullptr) CQRS_TRY(this->list(*list, path + ".list", out));
  if (find != nullptr) {
    CQRS_TRY(this->find(*find, path + ".find", out));
    CQRS_TRY(check_request(out.find->request, kind, path + ".find"));
  }
  return {};
}

Status TargetReader::requests(const JsonValue& value, Kind kind, const std::string& path,
                              Target& target) {
  for (const auto& member : value) {
    const std::string field = path + "." + std::string(member.key);
    const auto operation = find_operation(member.key);
    if (!operation || info_of(*operation).kind != kind) {
      std::vector<std::string> names;
      for (const auto& info : all_operations()) {
        if (info.kind == kind) names.emplace_back(info.name);
      }
      return invalid(field, field + ": there is no such operation: a " +
                                std::string(kind_name(kind)) + " has " + joined(names));
    }
    ObjectReader object(member, field);
    Request made;
    CQRS_TRY(request(object, field, made));
    CQRS_TRY(object.finish());
    CQRS_TRY(check_request(made, kind, field, list_variables()));
    target.operations[operation_index(*operation)] = std::move(made);
  }
  return {};
}

Status TargetReader::fields(const JsonValue& value, const std::string& path,
                            std::vector<Field>& out) {
  for (const auto& member : value) {
    Field made;
    made.name = member.key;
    CQRS_TRY(field(member, path + "." + made.name, made));
    out.push_back(std::move(made));
  }
  return {};
}

Status TargetReader::field(const JsonValue& value, const std::string& path, Field& out) {
  ObjectReader object(value, path);
  out.at = object.text("at");
  const std::string type = object.optional_text("type").value_or("text");
  const JsonValue* map = object.has("map") ? object.object("map") : nullptr;
  const JsonValue* item = object.has("item") ? object.object("item") : nullptr;
  CQRS_TRY(object.finish());
  CQRS_TRY(pointer(out.at, path + ".at"));
  const auto known = field_type(type);
  if (!known) {
    return invalid(path + ".type", path +
                                       ".type must be text, integer, boolean, id, decimal, "
                                       "decimal_text or minor, not " +
                                       type.substr(0, 40));
  }
  out.type = *known;
  if (map != nullptr) {
    for (const auto& member : *map) out.map[std::string(member.key)] = text_of(member);
  }
  if ((out.name == "items") != (item != nullptr)) {
    return invalid(path, path +
                             ": items needs \"item\" with the fields of one item, and nothing "
                             "else has it");
  }
  if (item == nullptr) return {};
  CQRS_TRY(fields(*item, path + ".item", out.items));
  for (const auto& inner : out.items) {
    if (!holds(item_variables(), inner.name)) {
      return invalid(path + ".item", path + ".item." + inner.name +
                                         ": there is no such value: an item has " +
                                         joined(item_variables()));
    }
  }
  return {};
}

Status TargetReader::list(const JsonValue& value, const std::string& path, Entity& out) {
  ObjectReader object(value, path);
  ListRequest made;
  CQRS_TRY(request(object, path, made.first));
  made.items = object.text("items");
  made.id = object.text("id");
  made.version = object.optional_text("version").value_or("");
  made.next = object.optional_text("next").value_or("");
  const auto next_path = object.optional_text("next_path");
  const std::int64_t limit = object.optional_integer("limit").value_or(100);
  if (limit < 1 || limit > 10'000) object.fail("limit", "must be from 1 to 10,000");
  CQRS_TRY(object.finish());
  for (const auto* at : {&made.items, &made.id, &made.version, &made.next}) {
    CQRS_TRY(pointer(*at, path + ": items, id, version or next"));
  }
  made.limit = static_cast<std::uint64_t>(limit);
  if (next_path) {
    auto compiled = Template::of_text(*next_path, Escape::kPath, path + ".next_path");
    if (!compiled) return compiled.error();
    made.next_path = std::move(*compiled);
  }
  for (const auto* one : {&made.first.path, made.next_path ? &*made.next_path : nullptr}) {
    if (one == nullptr) continue;
    for (const auto& name : one->variables()) {
      if (!holds(list_variables(), name)) {
        return invalid(path, path + ": there is no variable {{" + name + "}}: a list has " +
                                 joined(list_variables()));
      }
    }
  }
  out.list = std::move(made);
  return {};
}

Status TargetReader::find(const JsonValue& value, const std::string& path, Entity& out) {
  ObjectReader object(value, path);
  FindRequest made;
  CQRS_TRY(request(object, path, made.request));
  made.id = object.text("id");
  CQRS_TRY(object.finish());
  CQRS_TRY(pointer(made.id, path + ".id"));
  out.find = std::move(made);
  return {};
}

}  // namespace cqrs::target
