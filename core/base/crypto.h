// The few cryptographic primitives the system needs. The one place that includes libcrypto; slow
// hashes for passwords are in password_hash.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cqrs {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view data);
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view data);
// `count` bytes from the system's entropy source.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::uint64_t random_u64();
// The hash of what comes piece by piece. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  ~Sha256Stream();
  void add(std::string_view data);
  // Ends it: nothing may be added afterwards.
  [[nodiscard]] Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
[[nodiscard]] std::string to_hex(const Sha256& hash);

// Big-endian value of the first 8 bytes.
[[nodiscard]] std::uint64_t first_u64(const Sha256& hash);
// The hash as raw bytes.
[[nodiscard]] inline std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
// Takes the same time wherever two texts of one length differ.
[[nodiscard]] bool equal_secrets(std::string_view a, std::string_view b);
// Overwrites a secret that is no longer needed, and empties the string. The compiler cannot leave
// it out as it can a plain assignment.
void wipe(std::string& secret);

}  // namespace cqrs
