#include "services/command/command_role.h"

#include "core/wiring/standard.h"

#include "services/chassis/log.h"
#include "services/command/committer.h"
#include "services/command/demo_data.h"
#include "services/command/http_commands.h"
#include "services/command/password_worker.h"

namespace cqrs {
namespace {

CommitterOptions committer_options() {
  CommitterOptions options;
  options.announce_within = std::chrono::milliseconds{2};
  return options;
}

class CommandRole final : public ServiceRole {
 public:
  CommandRole(std::unique_ptr<WriteStore> store, std::unique_ptr<CredentialReader> credentials,
              const CommandRoleOptions& options, Metrics& metrics, const Clock& clock)
      : store_(std::move(store)),
        committer_(
            *store_, clock, metrics, [](Position) {}, committer_options()),
        passwords_(std::move(credentials), committer_, clock, options.password_hashing_share) {
    metrics.gauge("cqrs_commands_waiting", "Commands accepted and not yet committed",
                  [this] { return static_cast<double>(committer_.waiting()); });
    metrics.gauge("cqrs_credentials_pending", "Passwords still to be wrapped into argon2id",
                  [this] { return static_cast<double>(passwords_.pending()); });
  }
  CommandRole(const CommandRole&) = delete;
  CommandRole& operator=(const CommandRole&) = delete;
  ~CommandRole() override { CommandRole::stop(); }

  // A store that is away answers each command by itself, and may be back for the next.
  std::string not_ready() const override { return {}; }
  // What the worker has not got to is found again at the next start; the drain needs the processor.
  void stop_waiting() override { passwords_.stop(); }
  void stop() override {
    passwords_.stop();
    committer_.stop();
  }
  Committer& committer() { return committer_; }

 private:
  std::unique_ptr<WriteStore> store_;
  Committer committer_;
  PasswordWorker passwords_;
};

}  // namespace

Result<std::unique_ptr<ServiceRole>> start_command_role(const StandardConfig& config,
                                                        const CommandRoleOptions& options,
                                                        http::Router& router, Metrics& metrics,
                                                        const Clock& clock) {
  auto store = standard::open_write_store(config);
  if (!store) return store.error();
  auto credentials = standard::open_credentials(config);
  if (!credentials) return credentials.error();
  auto role = std::make_unique<CommandRole>(std::move(*store), std::move(*credentials), options,
                                            metrics, clock);
  add_command_routes(router, role->committer(), clock,
                     {derive_keys(options.pepper), options.allow_import});
  if (options.demo_data) CQRS_TRY(publish_demo_logged(role->committer()));
  return std::unique_ptr<ServiceRole>(std::move(role));
}

}  // namespace cqrs
