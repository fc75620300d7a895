// The few cryptographic primitives the system needs. The one place that includes libcrypto.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view data);
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view data);
// `count` bytes from the system's entropy source.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::uint64_t random_u64();
// Big-endian value of the first 8 bytes.
[[nodiscard]] std::uint64_t first_u64(const Sha256& hash);

}  // namespace cqrs
