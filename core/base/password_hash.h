// Slow hashes for passwords in PHC string form: argon2id, made and checked by libsodium, and
// bcrypt, checked by libcrypt because imports bring it. The one place that includes either library.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

struct Argon2Cost {
  std::uint64_t passes = 2;
  std::uint64_t memory_kib = 19 * 1024;  // at least 8
};

// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" over `secret` (any bytes) with a fresh random salt.
// Costs about 20 ms and the memory named by `cost`. Error: unavailable (that memory cannot be had).
[[nodiscard]] Result<std::string> argon2id_hash(std::string_view secret,
                                                const Argon2Cost& cost = {});

// Whether check_password_hash() accepts it and it is the hash of `secret`; as slow as the hash
// says.
[[nodiscard]] bool password_hash_matches(std::string_view hash, std::string_view secret);

// Whether `hash` is one that password_hash_matches() can check in bearable time: argon2id version
// 19 with at most 256 MiB, 16 passes and 16 lanes, or bcrypt ($2a$, $2b$, $2y$) of cost 4 to 16.
// Error: invalid, naming `field` and the forms but never the value.
[[nodiscard]] Status check_password_hash(std::string_view field, std::string_view hash);

}  // namespace cqrs
