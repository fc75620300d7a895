// One HTTP request to Kafka Connect at a time, each on a connection of its own and with an end.
#pragma once

#include "core/base/json_tree.h"
#include "core/base/result.h"

#include <chrono>
#include <string>

namespace cqrs::connect {

struct Reply {
  int status = 0;
  Json body;  // null when there is none, or none that is JSON
};

class Rest {
 public:
  // Error: invalid (not http://host[:port]).
  [[nodiscard]] static Result<Rest> open(const std::string& url);

  // Whatever it answers. Error: unavailable (no answer in time).
  [[nodiscard]] Result<Reply> call(const std::string& method, const std::string& target,
                                   const Json& body = {}) const;
  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  std::string host_, port_;
  std::string place_;  // both, for people
};

}  // namespace cqrs::connect
