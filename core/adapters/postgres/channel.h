// The notification by which a write store tells head watches of a commit.
#pragma once

#include <string>

namespace cqrs::postgres {

// As it stands in NOTIFY and LISTEN; Connection knows that the name of the schema is harmless.
[[nodiscard]] inline std::string head_channel(const std::string& schema) {
  return "cqrs_head_" + schema;
}

}  // namespace cqrs::postgres
