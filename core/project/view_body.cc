#include "core/project/view_body.h"

namespace cqrs {
namespace {

void append_quoted(std::string& out, Timestamp time) {
  out += '"';
  append_time(out, time);
  out += '"';
}

}  // namespace

void render_view(ViewRow& row, const State& state) {
  row.deleted = false;
  row.body.clear();
  row.body.reserve(384);
  JsonObject body(row.body);
  body.text("id", to_string(row.key.id)).number("version", row.version);
  std::visit([&](const auto& typed) { append_view_fields(body, row.body, typed); }, state);
  body.name("createdAt");
  append_quoted(row.body, row.created_at);
  body.name("updatedAt");
  append_quoted(row.body, row.updated_at);
  body.close();
  row.digest = digest_of(row.key, row.version, &state);
}

void render_tombstone(ViewRow& row) {
  row.deleted = true;
  row.body.clear();
  row.digest = digest_of(row.key, row.version, nullptr);
}

Result<ParsedView> parse_view(Kind kind, std::string_view body) {
  static thread_local JsonDocument document;
  if (auto status = document.parse(body); !status) {
    return make_error(ErrorCode::kCorrupt, "view row: " + status.error().message);
  }
  ObjectReader reader(document.root());
  ParsedView view;
  view.key = {kind, reader.id("id")};
  view.version = reader.integer("version");
  switch (kind) {
    case Kind::kUser:
      view.state = read_user_view(reader);
      break;
    case Kind::kProduct:
      view.state = read_product_view(reader);
      break;
    case Kind::kOrder:
      view.state = read_order_view(reader);
      break;
  }
  if (auto status = reader.finish_lenient(); !status) {
    return make_error(ErrorCode::kCorrupt, "view row: " + status.error().message,
                      status.error().field);
  }
  return view;
}

}  // namespace cqrs
