// The names of everything that one generation of the views keeps in Redis. All of them carry one
// hash tag, so that a cluster keeps them together and one script may change them all.
//
//   meta               hash: format, epoch, revision and the checkpoint
//   parked             hash: kind, id and version -> reason and event
//   parked:keys        set: kind and id of every aggregate with parked events
//   r2:<bucket>        hash: id -> row (row_codec.h)
//   i2                 sorted set of ids, deleted rows too, by id
//   c2 n2 e1 p2        sorted sets of rows that are not deleted: created, name, e-mail, price
//   x2                 set of ids that are not active
//   s3:<status>        sorted sets of orders by the time they were created
//   u3:<user>          the same, of one user
//   w2n:<word>         set of ids that have the word (1: users; 2n, 2d: names, descriptions)
//   d2n                sorted set of those words, for searches by prefix; and of words with digits,
//                      each with an id, which have no set of their own
#pragma once

#include "core/base/uuid.h"
#include "core/domain/stream_key.h"

#include <string>
#include <string_view>

namespace cqrs::redis {

class Keys {
 public:
  Keys(const std::string& prefix, int generation)
      : root_("{" + prefix + ":g" + std::to_string(generation) + "}:") {}

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string of(std::string_view name) const {
    std::string key;
    key.reserve(root_.size() + name.size());
    key += root_;
    key += name;
    return key;
  }
  [[nodiscard]] std::string meta() const { return of("meta"); }
  [[nodiscard]] std::string parked() const { return of("parked"); }
  [[nodiscard]] std::string parked_keys() const { return of("parked:keys"); }
  [[nodiscard]] std::string rows(Kind kind, int bucket) const;
  [[nodiscard]] std::string row(const StreamKey& key) const;
  // Without the root.
  [[nodiscard]] static std::string row_name(const StreamKey& key);

 private:
  std::string root_;
};

// "i2": a letter and the kind's number.
[[nodiscard]] inline std::string key_name(char letter, Kind kind) {
  return {letter, static_cast<char>('0' + static_cast<int>(kind))};
}

// Kind and id in 17 bytes, as they stand in the sets of what is parked.
[[nodiscard]] std::string packed_key(const StreamKey& key);

// The set of all generations' numbers under one prefix.
[[nodiscard]] inline std::string generations_key(const std::string& prefix) {
  return "{" + prefix + "}:generations";
}

// A pattern that matches every key that begins with `text`.
[[nodiscard]] std::string glob_prefix(std::string_view text);

}  // namespace cqrs::redis
