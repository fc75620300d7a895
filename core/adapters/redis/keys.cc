#include "core/adapters/redis/keys.h"

#include "core/base/hash.h"

namespace cqrs::redis {

std::string Keys::rows(Kind kind, int bucket) const {
  std::string key = root_;
  key += key_name('r', kind);
  key += ':';
  key += std::to_string(bucket);
  return key;
}

std::string Keys::row(const StreamKey& key) const { return rows(key.kind, bucket_of(key.id)); }

std::string packed_key(const StreamKey& key) {
  std::string packed(1, static_cast<char>(key.kind));
  packed += key.id.view();
  return packed;
}

std::string glob_prefix(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '*';
}

}  // namespace cqrs::redis
