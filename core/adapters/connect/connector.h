// Connectors in Kafka Connect, Debezium's for PostgreSQL and MongoDB's sink: registered, watched
// and stopped over Connect's REST interface. What it is told: connector_config.h.
#pragma once

#include "core/domain/stream_key.h"
#include "core/log/capture.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace cqrs::connect {

struct Options {
  std::string url;       // of Kafka Connect: http://host:port
  std::string postgres;  // postgresql://user:password@host:port/database, as Connect reaches it
  std::string name = "cqrs";  // schema of the events table and prefix of the topics
  std::string slot;           // of slot and publication, and what the connector is called
  // How long to ask again while workers settle. For those who ask once; who asks regularly need not
  // wait.
  std::chrono::seconds patience{0};
};

struct SinkOptions {
  std::string url;            // of Kafka Connect
  std::string mongo;          // mongodb://…, as Connect reaches it
  std::string name = "cqrs";  // of the database, and prefix of the topics
  std::string connector;      // what it is called
  std::array<std::string, kAllKinds.size()> collections;  // of the events of each kind
  std::chrono::seconds patience{0};                       // as above
};

// Errors: invalid (an URL of another form).
[[nodiscard]] Result<std::unique_ptr<Connector>> open_connector(const Options& options);
[[nodiscard]] Result<std::unique_ptr<Connector>> open_sink(const SinkOptions& options);

}  // namespace cqrs::connect
