#include "services/command/http_commands.h"

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/base/object_reader.h"

#include "services/command/answers.h"

#include <array>
#include <charconv>

namespace cqrs {
namespace {

constexpr std::size_t kBatchBody = 8 * 1024 * 1024;
constexpr std::size_t kBatchLines = 10'000;

// Digits only, and no more than fit.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional<std::int64_t>(number) : std::nullopt;
}

// "\"3\"", "W/\"3\"" or "\"g1-3\"" (an ETag of a query): the version.
Result<std::optional<std::int64_t>> version_of_etag(std::string_view text) {
  if (text.empty() || text == "*") return std::optional<std::int64_t>();
  std::string_view tag = text;
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() > 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, tag.size() - 2);
    const auto dash = tag.find('-');
    const bool of_view = dash != std::string_view::npos;
    const bool known = !of_view || (tag.front() == 'g' && whole_number(tag.substr(1, dash - 1)));
    if (of_view) tag.remove_prefix(dash + 1);
    if (const auto version = whole_number(tag); known && version) return version;
  }
  return invalid("If-Match", "If-Match must be one ETag of an earlier answer, like \"3\"");
}

Result<std::optional<std::int64_t>> version_of_query(const http::Request& request) {
  const auto text = http::query_value(request, "expected_version");
  if (!text) return std::optional<std::int64_t>();
  const auto version = whole_number(*text);
  if (!version) {
    return invalid("expected_version", "expected_version must be a whole number from 0");
  }
  return version;
}

class CommandRoutes {
 public:
  CommandRoutes(Committer& committer, const Clock& clock, const CommandPolicy& policy)
      : committer_(committer), builder_(policy, clock) {}

  void add(http::Router& router, http::Method method, const std::string& pattern,
           const char* command, Dialect dialect) {
    const CommandKind* kind = find_command(command);
    CQRS_CHECK(kind != nullptr);
    auto self = self_.lock();
    router.add(method, pattern,
               [self, kind, dialect](http::Request&& request, http::PathValues&& path,
                                     http::Responder&& responder) {
                 self->one(*kind, dialect, request, path, std::move(responder));
                 wipe(request.body);  // may hold a password
               });
  }

  void add_batch(http::Router& router) {
    auto self = self_.lock();
    router.add(
        http::Method::kPost, "/v1/commands:batch",
        [self](http::Request&& request, http::PathValues&& /*path*/, http::Responder&& responder) {
          self->batch(request, std::move(responder));
          wipe(request.body);
        },
        kBatchBody);
  }

  // The handlers keep their routes alive.
  void own(const std::shared_ptr<CommandRoutes>& self) { self_ = self; }

 private:
  // HTTP tells a body that cannot be read from one that says something wrong.
  static int refusal_status(const Error& error) {
    if (error.field == "Content-Type") return 415;
    return error.field == "JSON" ? 400 : http::http_status(error.code);
  }

  void one(const CommandKind& kind, Dialect dialect, const http::Request& request,
           const http::PathValues& path, http::Responder&& responder) {
    auto command = parse_one(kind, dialect, request, path);
    if (!command) return responder(http::problem(command.error(), refusal_status(command.error())));
    std::vector<PendingCommand> group;
    auto reply = std::make_shared<SingleReply>(std::move(responder), !request.if_match.empty());
    group.push_back({std::move(*command), reply, 0, kind.name});
    if (auto status = committer_.submit(group); !status) reply->deliver(0, status.error());
  }

  Result<Command> parse_one(const CommandKind& kind, Dialect dialect, const http::Request& request,
                            const http::PathValues& path) {
    if (!request.content_type.empty() && request.content_type != "application/json" &&
        request.content_type != "application/merge-patch+json") {
      return invalid("Content-Type",
                     "Content-Type must be application/json: with curl use --json instead of -d");
    }
    CommandRequest wanted{&kind,
                          dialect,
                          std::nullopt,
                          nullptr,
                          std::nullopt,
                          request.idempotency_key,
                          request.traceparent};
    if (!path.empty()) {
      wanted.target = parse_uuid(path.front());
      if (!wanted.target) return invalid("id", "the id in the path must be a UUID");
    }
    auto expected =
        request.if_match.empty() ? version_of_query(request) : version_of_etag(request.if_match);
    if (!expected) return expected.error();
    wanted.expected_version = *expected;
    CQRS_TRY(document_.parse(request.body.empty() ? std::string_view("{}") : request.body));
    wanted.body = &document_.root();
    return builder_.build(wanted);
  }

  void batch(const http::Request& request, http::Responder&& responder) {
    std::vector<std::string_view> lines;
    for (std::string_view rest = request.body; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (!line.empty()) lines.push_back(line);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (lines.empty() || lines.size() > kBatchLines) {
      return responder(
          http::problem(invalid("body", "a batch has 1 to " + std::to_string(kBatchLines) +
                                            " lines, one JSON command each; this one has " +
                                            std::to_string(lines.size()))));
    }
    auto reply = std::make_shared<BatchReply>(std::move(responder), lines.size());
    std::vector<PendingCommand> group;
    group.reserve(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const char* name = "";
      auto command = parse_line(lines[i], request.traceparent, name);
      if (command) {
        group.push_back({std::move(*command), reply, i, name});
      } else {
        reply->refuse(i, command.error(), refusal_status(command.error()));
      }
    }
    if (group.empty()) return;
    if (auto status = committer_.submit(group); !status) {
      for (const auto& pending : group) reply->deliver(pending.index, status.error());
    }
  }

  Result<Command> parse_line(std::string_view line, const std::string& traceparent,
                             const char*& name) {
    CQRS_TRY(document_.parse(line));
    ObjectReader reader(document_.root());
    const std::string command = reader.text("command");
    CommandRequest wanted;
    wanted.target = reader.optional_id("id");
    wanted.expected_version = reader.optional_integer("expected_version");
    const auto key = reader.optional_text("idempotency_key");
    wanted.idempotency_key = key ? std::string_view(*key) : std::string_view();
    wanted.traceparent = traceparent;
    const JsonValue* data = reader.object("data");
    wanted.body = data == nullptr ? &empty_json_object() : data;
    wanted.kind = find_command(command);
    if (wanted.kind == nullptr && !reader.failed()) {
      reader.fail("command", "is unknown: see the API description for the names");
    }
    if (wanted.kind != nullptr && !wanted.kind->creates && !wanted.target) {
      reader.fail("id", "is missing: say which entity " + command + " is for");
    }
    if (wanted.expected_version && *wanted.expected_version < 0) {
      reader.fail("expected_version", "must be 0 or more");
    }
    CQRS_TRY(reader.finish());
    name = wanted.kind->name;
    return builder_.build(wanted);
  }

  Committer& committer_;
  CommandBuilder builder_;
  JsonDocument document_;  // of the request at hand: handlers run one at a time on the I/O thread
  std::weak_ptr<CommandRoutes> self_;
};

using http::Method;

// Each is served twice: below /v1/users and the like, and below the alias /user and the like.
struct Route {
  Method method;
  Kind kind;
  const char* below;
  const char* command;
};
constexpr std::array<Route, 17> kRoutes{{
    {Method::kPost, Kind::kUser, "", "create_user"},
    {Method::kPatch, Kind::kUser, "/{id}", "update_user"},
    {Method::kDelete, Kind::kUser, "/{id}", "delete_user"},
    {Method::kPost, Kind::kUser, "/{id}/deactivate", "deactivate_user"},
    {Method::kPost, Kind::kUser, "/{id}/activate", "activate_user"},
    {Method::kPost, Kind::kProduct, "", "create_product"},
    {Method::kPatch, Kind::kProduct, "/{id}", "update_product"},
    {Method::kDelete, Kind::kProduct, "/{id}", "delete_product"},
    {Method::kPut, Kind::kProduct, "/{id}/price", "change_price"},
    {Method::kPost, Kind::kProduct, "/{id}/deactivate", "deactivate_product"},
    {Method::kPost, Kind::kProduct, "/{id}/activate", "activate_product"},
    {Method::kPost, Kind::kOrder, "", "create_order"},
    {Method::kPost, Kind::kOrder, "/{id}/confirm", "confirm_order"},
    {Method::kPost, Kind::kOrder, "/{id}/cancel", "cancel_order"},
    {Method::kPost, Kind::kOrder, "/{id}/pay", "pay_order"},
    {Method::kPost, Kind::kOrder, "/{id}/ship", "ship_order"},
    {Method::kPost, Kind::kOrder, "/{id}/deliver", "deliver_order"},
}};

}  // namespace

void add_command_routes(http::Router& router, Committer& committer, const Clock& clock,
                        const CommandPolicy& policy) {
  auto routes = std::make_shared<CommandRoutes>(committer, clock, policy);
  routes->own(routes);
  for (const auto& route : kRoutes) {
    const std::string name(kind_name(route.kind));
    for (const auto& [path, dialect] :
         {std::pair{"/v1/" + name + "s", Dialect::kV1}, std::pair{"/" + name, Dialect::kAlias}}) {
      routes->add(router, route.method, path + route.below, route.command, dialect);
    }
  }
  routes->add_batch(router);
}

}  // namespace cqrs
