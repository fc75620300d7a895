// A conversation with a foreign system: its profile, the token of its login, the ids it gave, and
// what any answer of it means.
#pragma once

#include "cli/load/dialect.h"
#include "cli/target/id_table.h"
#include "cli/target/target_file.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace cqrs::target {

struct Judgement {
  load::OpOutcome outcome = load::OpOutcome::kUnknown;
  std::string failure;    // empty: acknowledged
  bool not_done = false;  // certainly, and worth sending again (refused, 429, 401 with login)
  bool error_in_success = false;  // a status that means done, and a body that tells of an error
};

// Thread-safe. Outlives whatever is made with it.
class Session {
 public:
  Session(Target target, std::unique_ptr<IdTable> ids)
      : target_(std::move(target)), ids_(std::move(ids)) {}

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] IdTable& ids() { return *ids_; }

  // Logs in when the profile tells how. Errors: invalid (the answer has no token), unavailable.
  [[nodiscard]] Status login();
  // After a 401: logs in again, but not more than once a second, whoever asks.
  void refresh();

  // Replaces `out` by the whole request. Error: invalid, naming the variable without a value.
  [[nodiscard]] Status write(std::string& out, const Request& request, const Values& values,
                             const Template* path = nullptr) const;
  // One request with its answer, blocking; after a 401 once more with a new token. Errors: those of
  // write(), and of the transport.
  [[nodiscard]] Result<load::SimpleResponse> ask(const Request& request, const Values& values,
                                                 const Template* path = nullptr);
  [[nodiscard]] Result<load::SimpleResponse> send(const std::string& bytes) const;

  // What an answer to a command means. `document` is left with the body; null when it is not JSON.
  [[nodiscard]] Judgement judge(const Request& request, load::Transport transport, int status,
                                std::string_view body, JsonDocument& document);
  // Whether a read says that there is no such thing.
  [[nodiscard]] bool absent(int status) const;
  // Whether it was told that everything is done, as the profile says. Errors: those of ask();
  // invalid (the pointer leads nowhere).
  [[nodiscard]] Result<load::ViewLag> lag();

  // How many answers said "done" and told of an error in their body.
  [[nodiscard]] std::uint64_t errors_in_success() const { return errors_in_success_; }
  // The first of them, for people.
  [[nodiscard]] std::string first_error_in_success() const;

 private:
  Target target_;
  std::unique_ptr<IdTable> ids_;
  mutable std::mutex mutex_;
  std::string token_line_;  // the whole header line
  load::SteadyTime refreshed_{};
  std::atomic<std::uint64_t> errors_in_success_{0};
  std::string first_error_;
};

// The first 200 bytes, for messages.
[[nodiscard]] std::string excerpt(std::string_view body);

}  // namespace cqrs::target
