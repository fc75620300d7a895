#include "core/base/password_hash.h"

#include "core/base/check.h"
#include "core/base/crypto.h"

#include <crypt.h>
#include <sodium.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>

namespace cqrs {
namespace {

constexpr std::uint64_t kMemoryMaxKib = 256 * 1024;
constexpr std::uint64_t kPassesMax = 16;
constexpr std::uint64_t kLanesMax = 16;
constexpr std::uint64_t kBcryptCostMin = 4;
constexpr std::uint64_t kBcryptCostMax = 16;
constexpr std::size_t kBcryptSize = 60;  // "$2b$12$", 22 characters of salt, 31 of hash

void prepare_sodium() {
  static const bool ready = sodium_init() >= 0;
  CQRS_CHECK(ready);
}

bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A decimal number without sign or leading zero.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.front() == '0') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// The base64 characters in front; `extra` are the two that alphabets disagree on.
std::size_t take_base64(std::string_view& text, std::string_view extra) {
  std::size_t size = 0;
  while (size < text.size()) {
    const char c = text[size];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && extra.find(c) == std::string_view::npos) break;
    ++size;
  }
  text.remove_prefix(size);
  return size;
}

bool is_argon2id(std::string_view text) {
  if (!take(text, "$argon2id$v=19$m=")) return false;
  const auto memory = take_number(text);
  if (!memory || *memory > kMemoryMaxKib || !take(text, ",t=")) return false;
  const auto passes = take_number(text);
  if (!passes || *passes > kPassesMax || !take(text, ",p=")) return false;
  const auto lanes = take_number(text);
  // Eight blocks of 1 KiB per lane are the least that argon2 can work with.
  if (!lanes || *lanes > kLanesMax || *memory < 8 * *lanes || !take(text, "$")) return false;
  // 8 to 48 bytes of salt, 16 to 64 of hash.
  const std::size_t salt = take_base64(text, "+/");
  if (salt < 11 || salt > 64 || !take(text, "$")) return false;
  const std::size_t hash = take_base64(text, "+/");
  return hash >= 22 && hash <= 86 && text.empty();
}

bool is_bcrypt(std::string_view text) {
  if (text.size() != kBcryptSize) return false;
  if (!take(text, "$2a$") && !take(text, "$2b$") && !take(text, "$2y$")) return false;
  if (text.front() == '0') text.remove_prefix(1);
  const auto cost = take_number(text);
  if (!cost || *cost < kBcryptCostMin || *cost > kBcryptCostMax || !take(text, "$")) return false;
  return take_base64(text, "./") == 53 && text.empty();
}

bool bcrypt_matches(std::string_view hash, std::string_view secret) {
  // The library reads up to the first NUL: what follows it must not be ignored.
  if (secret.find('\0') != std::string_view::npos) return false;
  const auto work = std::make_unique<crypt_data>();  // 32 KiB
  std::string phrase(secret);
  const char* made = crypt_r(phrase.c_str(), std::string(hash).c_str(), work.get());
  const bool matches = made != nullptr && equal_secrets(made, hash);
  wipe(phrase);
  sodium_memzero(work.get(), sizeof *work);
  return matches;
}

}  // namespace

Result<std::string> argon2id_hash(std::string_view secret, const Argon2Cost& cost) {
  prepare_sodium();
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str(text.data(), secret.data(), secret.size(), cost.passes,
                        cost.memory_kib * 1024) != 0) {
    return make_error(ErrorCode::kUnavailable, "cannot hash a password: free " +
                                                   std::to_string(cost.memory_kib / 1024) +
                                                   " MiB of memory");
  }
  return std::string(text.data());
}

bool password_hash_matches(std::string_view hash, std::string_view secret) {
  if (is_bcrypt(hash)) return bcrypt_matches(hash, secret);
  if (!is_argon2id(hash)) return false;
  prepare_sodium();
  // The library wants a terminated text of at most its own size; longer hashes are foreign ones.
  return crypto_pwhash_str_verify(std::string(hash).c_str(), secret.data(), secret.size()) == 0;
}

Status check_password_hash(std::string_view field, std::string_view hash) {
  if (is_argon2id(hash) || is_bcrypt(hash)) return {};
  return invalid(std::string(field),
                 std::string(field) +
                     " must be a PHC string of argon2id (v=19, at most 256 MiB, 16 passes, 16 "
                     "lanes) or bcrypt ($2a$, $2b$, $2y$, cost 4 to 16): export it in that form, "
                     "or send password instead");
}

}  // namespace cqrs
