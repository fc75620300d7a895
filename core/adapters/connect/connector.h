// Debezium's PostgreSQL connector in Kafka Connect: registered, watched and stopped over Connect's
// REST interface. What it is told: connector_config.h.
#pragma once

#include "core/log/capture.h"

#include <memory>
#include <string>

namespace cqrs::connect {

struct Options {
  std::string url;       // of Kafka Connect: http://host:port
  std::string postgres;  // postgresql://user:password@host:port/database, as Connect reaches it
  std::string name = "cqrs";  // schema of the events table and prefix of the topics
  std::string slot;           // of slot and publication, and what the connector is called
};

// Errors: invalid (an URL of another form).
[[nodiscard]] Result<std::unique_ptr<Connector>> open_connector(const Options& options);

}  // namespace cqrs::connect
