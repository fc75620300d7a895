#include "core/verify/content.h"

#include "core/base/json_tree.h"
#include "core/events/codec.h"
#include "core/project/view_body.h"

namespace cqrs {
namespace {

Json as_json(const std::optional<State>& state) {
  if (!state) return Json();
  std::string text;
  append_state(text, *state);
  return Json::parse(text).flatten();
}

std::string shown(const Json& fields, const std::string& key) {
  return fields.contains(key) ? fields.at(key).dump() : "absent";
}

// "/personal/name" as people write it.
std::string dotted(std::string pointer) {
  if (!pointer.empty()) pointer.erase(0, 1);
  for (char& c : pointer) {
    if (c == '/') c = '.';
  }
  return pointer;
}

}  // namespace

Result<Content> read_content(ContentFormat format, Kind kind, const EntityRow& row) {
  if (row.deleted) return Content{std::nullopt, row.version};
  if (format == ContentFormat::kStreamState) {
    auto state = decode_state(kind, row.content);
    if (!state) return state.error();
    return Content{std::move(*state), row.version};
  }
  auto view = parse_view(kind, row.content);
  if (!view) return view.error();
  return Content{std::move(view->state), view->version};
}

Digest digest_of(const StreamKey& key, const Content& content) {
  return digest_of(key, content.version, content.state ? &*content.state : nullptr);
}

FieldDifference first_difference(const std::optional<State>& expected,
                                 const std::optional<State>& actual) {
  const Json left = as_json(expected);
  const Json right = as_json(actual);
  if (left.is_object()) {
    for (const auto& [key, value] : left.items()) {
      if (!right.contains(key) || right.at(key) != value) {
        return {dotted(key), value.dump(), shown(right, key)};
      }
    }
  }
  if (right.is_object()) {
    for (const auto& [key, value] : right.items()) {
      if (!left.contains(key)) return {dotted(key), "absent", value.dump()};
    }
  }
  return {};
}

bool fold_one(Content& content, const Event& event) {
  if (event.version == content.version) return true;
  if (event.version != content.version + 1) return false;
  auto body = decode_event(event.type, event.schema_version, event.data);
  if (!body) return false;
  evolve(content.state, *body);
  content.version = event.version;
  return true;
}

Result<std::optional<Content>> fold_to(const std::vector<Event>& events, std::int64_t version) {
  Content content;
  for (const auto& event : events) {
    if (event.version > version) break;
    if (event.version == content.version) continue;
    if (event.version != content.version + 1) return std::optional<Content>();
    auto body = decode_event(event.type, event.schema_version, event.data);
    if (!body) return body.error();
    evolve(content.state, *body);
    content.version = event.version;
  }
  if (content.version != version) return std::optional<Content>();
  return std::optional<Content>(std::move(content));
}

}  // namespace cqrs
