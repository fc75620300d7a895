#include "core/adapters/redis/keys.h"

#include "core/base/hash.h"

namespace cqrs::redis {
namespace {

std::string name_of(Kind kind, int bucket) {
  return key_name('r', kind) + ':' + std::to_string(bucket);
}

}  // namespace

std::string Keys::rows(Kind kind, int bucket) const { return of(name_of(kind, bucket)); }
std::string Keys::row(const StreamKey& key) const { return of(row_name(key)); }
std::string Keys::row_name(const StreamKey& key) { return name_of(key.kind, bucket_of(key.id)); }

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
