// What the connectors of a system are told: the one place that knows. Examples of both, made by
// this very code, lie in deploy/connect.
#pragma once

#include "core/adapters/connect/connector.h"
#include "core/base/json_tree.h"

namespace cqrs::connect {

// Debezium's, which brings events from the table to the topics: the body of
// PUT /connectors/NAME/config. Error: invalid (the URL of PostgreSQL is of another form).
[[nodiscard]] Result<Json> source_config(const Options& options);
// MongoDB's sink connector, which brings events from the topics to collections. What becomes of
// them there: docs/formats/sink.md.
[[nodiscard]] Json sink_config(const SinkOptions& options);

}  // namespace cqrs::connect
