#include "core/adapters/postgres/channel.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"

#include <pqxx/notification>

#include <algorithm>
#include <optional>
#include <poll.h>

namespace cqrs::postgres {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// How long a hint that was lost delays.
constexpr std::chrono::milliseconds kLook{50};

class PostgresHeadWatch final : public HeadWatch {
 public:
  explicit PostgresHeadWatch(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  Result<Position> wait(Position known, std::chrono::milliseconds wait) override {
    const SteadyTime end = std::chrono::steady_clock::now() + wait;
    for (;;) {
      auto head = connection_->run([&](pqxx::nontransaction& session) -> Result<Position> {
        // Before the look: a hint that comes after it is for something that the look did not see.
        // What one means is the same for all, so they are only taken off the connection.
        session.conn().get_notifs();
        return integer(session.exec_prepared("head")[0], 0);
      });
      if (!head || *head > known) return head;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return head;
      // Whatever can be read wakes it, the end of the connection, too.
      pollfd socket{connection_->raw().sock(), POLLIN, 0};
      (void)::poll(&socket, 1, static_cast<int>(std::min(left, kLook).count()));
    }
  }

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<HeadWatch>> open_head_watch(const Options& options) {
  const std::string listen = "LISTEN \"" + head_channel(options.schema) + "\"";
  auto connection =
      open_checked(options, {"cqrs head watch", "SET enable_seqscan = off",
                             [listen](pqxx::nontransaction& session) -> Status {
                               session.exec(listen);
                               prepare_now(session, "head",
                                           "SELECT coalesce((SELECT position FROM events ORDER BY "
                                           "position DESC LIMIT 1), 0)");
                               return {};
                             }});
  if (!connection) return connection.error();
  return std::unique_ptr<HeadWatch>(std::make_unique<PostgresHeadWatch>(std::move(*connection)));
}

}  // namespace cqrs::postgres
