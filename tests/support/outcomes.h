// Matchers for Result, Status and Outcome: `EXPECT_THAT(result, is_ok())`, `fails_with(code,
// field)`.
#pragma once

#include "core/base/result.h"

#include <gmock/gmock.h>

#include <string>

namespace cqrs::support {

MATCHER(is_ok, negation ? "is an error" : "is ok") {
  if (arg.ok()) return true;
  *result_listener << code_name(arg.error().code) << ": " << arg.error().message;
  return false;
}

MATCHER_P2(fails_with, code, field,
           std::string("fails with ") + code_name(code) + " on field \"" + std::string(field) +
               "\"") {
  if (arg.ok()) {
    *result_listener << "ok";
    return false;
  }
  *result_listener << code_name(arg.error().code) << " on field \"" << arg.error().field
                   << "\": " << arg.error().message;
  return arg.error().code == code && arg.error().field == std::string(field);
}

MATCHER_P(fails_with, code, std::string("fails with ") + code_name(code)) {
  if (arg.ok()) {
    *result_listener << "ok";
    return false;
  }
  *result_listener << code_name(arg.error().code) << ": " << arg.error().message;
  return arg.error().code == code;
}

}  // namespace cqrs::support

namespace cqrs {

// What googletest prints instead of the bytes of a result.
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (result.ok()) {
    *out << "ok";
  } else {
    *out << code_name(result.error().code) << ": " << result.error().message;
  }
}

}  // namespace cqrs
