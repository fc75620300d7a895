// The real servers that tests with the label `backend` run against, as scripts/parts started them.
#pragma once

#include <string>

namespace cqrs::support {

struct Parts {
  std::string postgres;  // URLs
  std::string kafka;     // host:port[,host:port…]
  std::string redis;
  std::string mongo;
  std::string connect;
};

// From parts.json in $CQRS_PARTS_DIR, else in the directory that scripts/parts uses by default.
// Ends the test program with the way out when it is not there: a missing server is a failure, no
// skip.
[[nodiscard]] const Parts& parts();

// Where parts.json lies.
[[nodiscard]] std::string parts_directory();

// "t" and random lower-case letters and digits: a schema, topic prefix, key prefix or database of a
// test's own, so that tests can run beside each other.
[[nodiscard]] std::string fresh_namespace();

}  // namespace cqrs::support
