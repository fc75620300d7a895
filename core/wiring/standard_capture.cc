#include "core/adapters/connect/connector.h"
#include "core/adapters/connect/connector_config.h"
#include "core/adapters/postgres/stores.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

#include <chrono>
#include <thread>

namespace cqrs::standard {
namespace {

connect::Options capture(const StandardConfig& config) {
  connect::Options options;
  options.url = config.connect;
  options.postgres = config.postgres;
  options.name = config.name;
  options.slot = connector_name(config);
  return options;
}

}  // namespace

std::string connector_name(const StandardConfig& config) {
  return postgres::capture_name(config.name);
}

Result<std::string> connector_settings(const StandardConfig& config) {
  auto settings = connect::source_config(capture(config));
  if (!settings) return settings.error();
  return settings->dump(2) + "\n";
}

Result<std::unique_ptr<CaptureSlot>> open_capture_slot(const StandardConfig& config) {
  return postgres::open_capture_slot({config.postgres, config.name, config.partitions});
}

Result<std::unique_ptr<Connector>> open_connector(const StandardConfig& config, Patience patience) {
  auto options = capture(config);
  options.patience = seconds_of(patience);
  return connect::open_connector(options);
}

// The connector's session with the slot may outlive the connector by a moment.
Status remove_capture(const StandardConfig& config) {
  auto connector = open_connector(config, Patience::kWait);
  if (!connector) return connector.error();
  CQRS_TRY((*connector)->remove());
  auto slot = open_capture_slot(config);
  if (!slot) return slot.error();
  constexpr int kTries = 50;
  for (int left = kTries;; --left) {
    auto removed = (*slot)->remove();
    if (removed || left == 0) return removed;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

// A slot that nobody reads would hold the journal for ever.
Status leave_capture(const StandardConfig& config) {
  auto slot = open_capture_slot(config);
  if (!slot) return slot.error();
  auto state = (*slot)->look();
  if (!state) return state.error();
  if (!state->usable && state->held_bytes == 0) return {};
  if (!config.connect.empty()) return remove_capture(config);
  return invalid("--connect", "this system has used --relay cdc, and the slot " +
                                  connector_name(config) +
                                  " holds PostgreSQL's journal: say --connect URL, so that "
                                  "connector and slot can be removed");
}

}  // namespace cqrs::standard
