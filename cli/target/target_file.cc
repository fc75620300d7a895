#include "cli/target/target_file.h"

#include "cli/system/running.h"
#include "cli/target/target_reader.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace cqrs::target {
namespace {

// "http://host:port/prefix" into its parts.
Status take_base_url(const std::string& url, Target& target) {
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with("https://")) {
    return invalid("base_url",
                   "base_url: https is not spoken here: put a proxy that ends TLS in front of the "
                   "system, on this machine, and give its http:// address");
  }
  const auto slash = url.starts_with(kScheme) ? url.find('/', kScheme.size()) : url.npos;
  auto endpoint = load::parse_endpoint(url.substr(0, slash));
  if (!endpoint) return invalid("base_url", "base_url: " + endpoint.error().message);
  target.base_url = url;
  target.endpoint = *endpoint;
  if (slash != url.npos) target.prefix = url.substr(slash);
  while (target.prefix.ends_with('/')) target.prefix.pop_back();
  return {};
}

// For objects with a member of any type, which no reader can ask for.
Status only(const JsonValue& value, const std::string& field,
            std::initializer_list<std::string_view> keys) {
  for (const auto& member : value) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    const std::string name = field + "." + std::string(member.key);
    return invalid(name, name + " is not a field of this format");
  }
  return {};
}

Status take_login(TargetReader& reader, const JsonValue& value, Target& target) {
  ObjectReader object(value, "login");
  Login login;
  CQRS_TRY(reader.request(object, "login", login.request));
  login.token = object.text("token");
  login.header = object.text("header");
  const std::string form = object.text("value");
  CQRS_TRY(object.finish());
  CQRS_TRY(reader.pointer(login.token, "login.token"));
  auto made = Template::of_text(form, Escape::kPlain, "login.value");
  if (!made) return made.error();
  login.value = std::move(*made);
  if (login.value.variables() != std::vector<std::string>{"token"}) {
    return invalid("login.value",
                   "login.value must hold {{token}} and no other variable: "
                   "\"Bearer {{token}}\" is usual");
  }
  target.login = std::move(login);
  return {};
}

Status take_success(TargetReader& reader, const JsonValue& value, Target& target) {
  CQRS_TRY(only(value, "success", {"at", "equals", "absent"}));
  ObjectReader object(value, "success");
  Success success;
  success.at = object.text("at");
  const bool absent = object.has("absent") && object.boolean("absent");
  CQRS_TRY(object.finish_lenient());
  CQRS_TRY(reader.pointer(success.at, "success.at"));
  for (const auto& member : value) {
    if (member.key == "equals") append_json(success.equals, member);
  }
  if (absent != success.equals.empty()) {
    return invalid("success", "success needs \"equals\": VALUE or \"absent\": true, and not both");
  }
  target.success = std::move(success);
  return {};
}

Status take_caught_up(TargetReader& reader, const JsonValue& value, Target& target) {
  CQRS_TRY(
      only(value, "caught_up",
           {"method", "path", "expect", "body", "at", "equals", "at_least", "settle", "sentinel"}));
  ObjectReader object(value, "caught_up");
  CaughtUp caught;
  const auto settle = object.optional_text("settle");
  if (settle) {
    auto parsed = parse_duration(*settle, "caught_up.settle");
    if (!parsed) return parsed.error();
    caught.settle = *parsed;
  }
  const bool sentinel = object.has("sentinel") && object.boolean("sentinel");
  if (object.has("path")) {
    caught.how = CaughtUp::How::kRequest;
    CQRS_TRY(reader.request(object, "caught_up", caught.request));
    caught.at = object.text("at");
    caught.at_least = object.optional_text("at_least").value_or("");
    for (const auto& member : value) {
      if (member.key == "equals") append_json(caught.equals, member);
    }
    CQRS_TRY(object.finish_lenient());
    CQRS_TRY(reader.pointer(caught.at, "caught_up.at"));
    CQRS_TRY(reader.pointer(caught.at_least, "caught_up.at_least"));
    if (caught.equals.empty() == caught.at_least.empty()) {
      return invalid("caught_up",
                     "caught_up with a path needs \"equals\": VALUE or \"at_least\": "
                     "a JSON pointer, and not both");
    }
    target.caught_up = std::move(caught);
    return {};
  }
  CQRS_TRY(object.finish());
  caught.how = sentinel ? CaughtUp::How::kSentinel : CaughtUp::How::kSettle;
  if (!sentinel && !settle) {
    return invalid("caught_up",
                   "caught_up needs one of \"path\" with \"at\" (the system tells), "
                   "\"sentinel\": true (a new entity is looked for), or "
                   "\"settle\": \"2s\" (it is waited)");
  }
  target.caught_up = std::move(caught);
  return {};
}

Status words_of(const JsonValue& list, const std::string& field, TargetReader& reader,
                std::vector<std::string>& out) {
  for (const auto& word : list) {
    if (!word.is(JsonType::kString)) {
      return invalid(field, field + " must be a list of texts: a program and its arguments");
    }
    auto text = reader.expand(word.text, field);
    if (!text) return text.error();
    out.push_back(std::move(*text));
  }
  return {};
}

Status take_commands(TargetReader& reader, const JsonValue& value, Target& target) {
  ObjectReader object(value, "commands");
  const JsonValue* kill = object.array("kill");
  const JsonValue* start = object.array("start");
  CQRS_TRY(object.finish());
  CQRS_TRY(words_of(*kill, "commands.kill", reader, target.commands.kill));
  CQRS_TRY(words_of(*start, "commands.start", reader, target.commands.start));
  if (target.commands.kill.empty() || target.commands.start.empty()) {
    return invalid("commands",
                   "commands needs both kill and start, each a program with its "
                   "arguments: leave commands out when there are none");
  }
  return {};
}

Status take_headers(TargetReader& reader, const JsonValue& value, Target& target) {
  for (const auto& member : value) {
    const std::string field = "headers." + std::string(member.key);
    if (!member.is(JsonType::kString)) return invalid(field, field + " must be a text");
    auto text = reader.expand(member.text, field);
    if (!text) return text.error();
    if (text->find_first_of("\r\n") != std::string::npos) {
      return invalid(field, field + " has a line break in it");
    }
    target.headers.emplace_back(std::string(member.key), std::move(*text));
  }
  return {};
}

Status take_idempotency(const JsonValue& value, Target& target) {
  ObjectReader object(value, "idempotency");
  target.idempotency_header = object.text("header");
  const std::string form = object.optional_text("value").value_or("{{key}}");
  CQRS_TRY(object.finish());
  auto made = Template::of_text(form, Escape::kPlain, "idempotency.value");
  if (!made) return made.error();
  target.idempotency = std::move(*made);
  return {};
}

Result<std::size_t> bounded(ObjectReader& object, std::string_view key, std::int64_t standard,
                            std::int64_t most) {
  const std::int64_t number = object.optional_integer(key).value_or(standard);
  if (number < 1 || number > most) {
    object.fail(key, "must be from 1 to " + std::to_string(most));
  }
  CQRS_TRY(object.finish_lenient());
  return static_cast<std::size_t>(number);
}

Status take_limits(ObjectReader& object, Target& target) {
  auto connections = bounded(object, "connections", 4, 1'000);
  if (!connections) return connections.error();
  auto depth = bounded(object, "depth", 1, 500);
  if (!depth) return depth.error();
  target.connections = *connections;
  target.depth = *depth;
  if (const auto timeout = object.optional_text("timeout")) {
    auto parsed = parse_duration(*timeout, "timeout");
    if (!parsed) return parsed.error();
    target.timeout = std::max(*parsed, std::chrono::milliseconds(1));
  }
  target.retries_are_safe = object.has("retries_are_safe") && object.boolean("retries_are_safe");
  target.exclusive = object.has("exclusive") && object.boolean("exclusive");
  return {};
}

// The parts that are objects of their own, each optional but for the last two.
Status take_parts(TargetReader& reader, ObjectReader& object, const JsonValue& root,
                  Target& target) {
  for (const auto& member : root) {
    const auto part = [&](std::string_view key) {
      return member.key == key && object.object(key) != nullptr;
    };
    if (part("headers")) CQRS_TRY(take_headers(reader, member, target));
    if (part("login")) CQRS_TRY(take_login(reader, member, target));
    if (part("idempotency")) CQRS_TRY(take_idempotency(member, target));
    if (part("success")) CQRS_TRY(take_success(reader, member, target));
    if (part("commands")) CQRS_TRY(take_commands(reader, member, target));
    if (part("caught_up")) CQRS_TRY(take_caught_up(reader, member, target));
    if (part("entities")) CQRS_TRY(reader.entities(member, target));
  }
  static_cast<void>(object.object("entities"));
  static_cast<void>(object.object("caught_up"));
  return object.finish();
}

Result<Target> target_of(const JsonValue& root) {
  Target target;
  TargetReader reader(target.secrets);
  ObjectReader object(root);
  const std::int64_t version = object.integer("target");
  target.name = object.text("name");
  const std::string url = object.text("base_url");
  CQRS_TRY(object.finish_lenient());
  if (version != 1) {
    return invalid("target",
                   "target must be 1, the version of this format, not " + std::to_string(version));
  }
  // It names a directory, too.
  if (target.name.empty() || target.name.size() > 60 ||
      target.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") !=
          std::string::npos) {
    return invalid("name", "name must be 1 to 60 of a-z, 0-9, - and _");
  }
  std::vector<std::string> no_secret;
  auto expanded = expand_environment(url, "base_url", no_secret);
  if (!expanded) return expanded.error();
  CQRS_TRY(take_base_url(*expanded, target));
  CQRS_TRY(take_limits(object, target));
  if (const JsonValue* absent = object.has("absent") ? object.array("absent") : nullptr) {
    target.absent.clear();
    CQRS_TRY(reader.statuses(*absent, "absent", target.absent));
  }
  CQRS_TRY(take_parts(reader, object, root, target));
  // A repeated key does nothing twice.
  if (!target.idempotency_header.empty()) target.retries_are_safe = true;
  return target;
}

}  // namespace

Result<const Request*> Target::require(Operation operation) const {
  if (const Request* found = request(operation)) return found;
  const OperationInfo& info = info_of(operation);
  const std::string kind(kind_name(info.kind));
  const std::string field = "entities." + kind + ".requests." + std::string(info.name);
  return invalid(field, path + " does not say how " + std::string(info.name) + " is done: add " +
                            field + ", or leave this operation out");
}

std::string Target::masked(std::string text) const {
  for (const auto& secret : secrets) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

Result<Target> read_target(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return invalid("--target", "cannot read " + path +
                                   ": name a profile (docs/foreign-targets.md tells how to write "
                                   "one), or the address of a cqrsd as http://HOST:PORT");
  }
  std::stringstream text;
  text << file.rdbuf();
  auto document = parse_json(text.str());
  if (!document) return invalid("--target", path + ": " + document.error().message);
  auto target = target_of(document->root());
  if (!target) {
    Error error = target.error();
    error.message = path + ": " + error.message;
    return error;
  }
  target->path = path;
  return target;
}

Status check_remote(const Target& target, bool allow_remote) {
  if (is_loopback(target.endpoint.host) || allow_remote) return {};
  return invalid("--allow-remote", target.base_url +
                                       " is another machine, and load can do harm there: add "
                                       "--allow-remote if it is yours to load");
}

bool is_target_file(std::string_view text) { return !text.empty() && !text.starts_with("http://"); }

}  // namespace cqrs::target
