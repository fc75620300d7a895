#include "core/base/crypto.h"

#include "core/base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

namespace cqrs {
namespace {

// One context per thread and the algorithm fetched once: OpenSSL 3 otherwise looks the algorithm up
// by name for every digest, which costs more than hashing 200 bytes.
class HashContext {
 public:
  HashContext() : context_(EVP_MD_CTX_new()), method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
    CQRS_CHECK(context_ != nullptr && method_ != nullptr);
  }
  HashContext(const HashContext&) = delete;
  HashContext& operator=(const HashContext&) = delete;
  ~HashContext() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(method_);
  }
  Sha256 hash(std::string_view first, std::string_view second) {
    Sha256 out{};
    CQRS_CHECK(EVP_DigestInit_ex2(context_, method_, nullptr) == 1);
    CQRS_CHECK(EVP_DigestUpdate(context_, first.data(), first.size()) == 1);
    CQRS_CHECK(EVP_DigestUpdate(context_, second.data(), second.size()) == 1);
    CQRS_CHECK(EVP_DigestFinal_ex(context_, out.data(), nullptr) == 1);
    return out;
  }

 private:
  EVP_MD_CTX* context_;
  EVP_MD* method_;
};

HashContext& context() {
  thread_local HashContext instance;
  return instance;
}

}  // namespace

Sha256 sha256(std::string_view data) { return context().hash(data, {}); }

// RFC 2104 over the hash above.
Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  constexpr std::size_t kBlock = 64;
  std::array<char, kBlock> inner{};
  const Sha256 hashed_key = key.size() > kBlock ? sha256(key) : Sha256{};
  const std::string_view used = key.size() > kBlock ? bytes_of(hashed_key) : key;
  std::memcpy(inner.data(), used.data(), used.size());
  std::array<char, kBlock> outer = inner;
  for (std::size_t i = 0; i < kBlock; ++i) {
    inner[i] = static_cast<char>(inner[i] ^ 0x36);
    outer[i] = static_cast<char>(outer[i] ^ 0x5C);
  }
  const Sha256 first = context().hash({inner.data(), kBlock}, data);
  return context().hash({outer.data(), kBlock}, bytes_of(first));
}

struct Sha256Stream::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  CQRS_CHECK(EVP_DigestInit_ex2(state_->context.get(), EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::string_view data) {
  CQRS_CHECK(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1);
}

Sha256 Sha256Stream::finish() {
  Sha256 out{};
  CQRS_CHECK(EVP_DigestFinal_ex(state_->context.get(), out.data(), nullptr) == 1);
  return out;
}

std::string to_hex(const Sha256& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  CQRS_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) ==
             1);
  return out;
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  const std::string bytes = random_bytes(sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::uint64_t first_u64(const Sha256& hash) {
  std::uint64_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return __builtin_bswap64(value);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace cqrs
