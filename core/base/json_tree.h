// JSON as a tree that can be built and changed member by member: for results, reports and tests.
// What is read or written per command, event or row uses core/base/json.h.
#pragma once

#include <nlohmann/json.hpp>

namespace cqrs {

using Json = nlohmann::json;

}  // namespace cqrs
