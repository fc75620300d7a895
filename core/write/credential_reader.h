// The stored credentials, to be read: by the worker that looks for passwords to wrap and by whoever
// checks a login. They are written through WriteStore only.
#pragma once

#include "core/write/credential.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace cqrs {

// Used by one thread at a time; open one per thread. Every method: unavailable when the store
// cannot be reached, corrupt when a row cannot be read.
class CredentialReader {
 public:
  virtual ~CredentialReader() = default;
  // At most `max` credentials of stage kKeyed, ascending by user. Costs what it returns, however
  // many others there are.
  [[nodiscard]] virtual Result<std::vector<CredentialRecord>> keyed(std::size_t max) = 0;
  // How many keyed() could return.
  [[nodiscard]] virtual Result<std::int64_t> count_keyed() = 0;
  // Nothing when the user does not exist or has no password.
  [[nodiscard]] virtual Result<std::optional<CredentialRecord>> find(const Uuid& user) = 0;
};

}  // namespace cqrs
