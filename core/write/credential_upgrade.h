// Wraps stored passwords from the quick keyed hash into a slow one, a little at a time. All it
// knows is in the store, so that a killed process loses at most the hashes of one page.
#pragma once

#include "core/write/credential_reader.h"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// A step function for one thread; pending() alone may be called from others. The reader must
// outlive it.
class CredentialUpgrader {
 public:
  // Makes the slow hash: argon2id_hash(). Errors are passed on and the password is tried again.
  using Hasher = std::function<Result<std::string>(std::string_view keyed_hash)>;
  // Makes the upgrades durable, in one transaction. On any error they are handed over again: doing
  // one twice changes nothing.
  using Commit = std::function<Status(const std::vector<CredentialUpgrade>&)>;

  CredentialUpgrader(CredentialReader& reader, Hasher hasher, Commit commit)
      : reader_(reader), hasher_(std::move(hasher)), commit_(std::move(commit)) {}

  // One piece of work: reads a page, hashes one password, or hands the finished page over. False:
  // there is nothing to do. Errors are those of the reader, hasher and commit; the same work is
  // then left to do.
  [[nodiscard]] Result<bool> step(Timestamp now);
  // Hands over what is finished, without waiting for the rest of its page. Called before the end.
  [[nodiscard]] Status flush();
  // Passwords still to be wrapped, as of the last page that was read, without those wrapped since.
  [[nodiscard]] std::int64_t pending() const { return pending_.load(); }

  // Few, because a page is one transaction and its hashes are what a crash repeats.
  static constexpr std::size_t kPage = 16;

 private:
  [[nodiscard]] Result<bool> read_page();

  CredentialReader& reader_;
  Hasher hasher_;
  Commit commit_;
  std::vector<CredentialRecord> page_;
  std::size_t next_ = 0;  // of page_ to be hashed
  std::vector<CredentialUpgrade> finished_;
  std::atomic<std::int64_t> pending_{0};
};

}  // namespace cqrs
