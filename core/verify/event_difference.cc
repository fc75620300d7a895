#include "core/verify/event_difference.h"

#include "core/base/json_tree.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cqrs {
namespace {

constexpr std::size_t kShown = 80;  // bytes of a value

std::string shown(const std::string& text) {
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

std::string value_at(const Json& document, const Json::json_pointer& at) {
  if (!document.contains(at)) return {};
  return shown(document.at(at).dump(-1, ' ', false, Json::error_handler_t::replace));
}

// "data.personal.name" where both are JSON that can be told apart, else "data".
FieldDifference data_difference(const std::string& expected, const std::string& actual) {
  const Json wanted = Json::parse(expected, nullptr, false);
  const Json found = Json::parse(actual, nullptr, false);
  if (!wanted.is_object() || !found.is_object() || wanted == found) {
    return {"data", shown(expected), shown(actual)};
  }
  auto path = Json::diff(wanted, found).front().at("path").get<std::string>();
  const Json::json_pointer at(path);
  std::replace(path.begin(), path.end(), '/', '.');
  return {"data" + path, value_at(wanted, at), value_at(found, at)};
}

}  // namespace

std::optional<FieldDifference> difference_of(const Event& expected, const Event& actual) {
  std::array<FieldDifference, 4> fields{
      {{"stream", to_string(expected.stream.id), to_string(actual.stream.id)},
       {"version", std::to_string(expected.version), std::to_string(actual.version)},
       {"type", expected.type, actual.type},
       {"schema_version", std::to_string(expected.schema_version),
        std::to_string(actual.schema_version)}}};
  for (auto& field : fields) {
    if (field.expected != field.actual) return std::move(field);
  }
  if (expected.data == actual.data) return std::nullopt;
  return data_difference(expected.data, actual.data);
}

}  // namespace cqrs
