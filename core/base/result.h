// Errors as values: the one error type of the whole system and the Result that carries it.
// HTTP status, gRPC status and exit code are derived from ErrorCode, each in one table.
#pragma once

#include "core/base/check.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace cqrs {

enum class ErrorCode : std::uint8_t {
  kNotFound,
  kAlreadyExists,
  kVersionConflict,
  kInvalid,
  kUnauthenticated,
  kForbidden,
  kUnavailable,
  kTimeout,
  kInDoubt,  // the connection broke during commit: retry under the same idempotency key only
  kOverloaded,
  kCorrupt,
  kInternal,
};

// The stable lower-case name that appears in answers and reports, e.g. "version_conflict".
[[nodiscard]] const char* code_name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // what, which key, which limit, what to change
  std::string field;    // the offending input field, empty when none is to blame
  // Whether the same request may succeed when it is simply sent again.
  [[nodiscard]] bool retryable() const {
    return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout ||
           code == ErrorCode::kOverloaded || code == ErrorCode::kInDoubt;
  }
};

[[nodiscard]] inline Error make_error(ErrorCode code, std::string message, std::string field = {}) {
  return Error{code, std::move(message), std::move(field)};
}
[[nodiscard]] inline Error invalid(std::string field, std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message), std::move(field)};
}

// A value or an Error. Default-constructed it holds an internal error, so that a forgotten
// assignment is never mistaken for success.
template <class T>
class [[nodiscard]] Result {
 public:
  Result() : error_(make_error(ErrorCode::kInternal, "result was never set")) {}
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() {
    CQRS_CHECK(ok());
    return *value_;
  }
  [[nodiscard]] const T& value() const {
    CQRS_CHECK(ok());
    return *value_;
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const {
    CQRS_CHECK(!ok());
    return error_;
  }

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    CQRS_CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace cqrs

// Returns the error of a Status or Result expression from the enclosing function.
#define CQRS_TRY(expression)                                  \
  do {                                                        \
    if (auto cqrs_status = (expression); !cqrs_status.ok()) { \
      return cqrs_status.error();                             \
    }                                                         \
  } while (false)
