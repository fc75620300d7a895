#include "core/adapters/connect/connector.h"
#include "core/adapters/connect/connector_config.h"
#include "core/wiring/standard.h"
#include "core/wiring/standard_options.h"

namespace cqrs::standard {
namespace {

connect::SinkOptions sink_of(const StandardConfig& config) {
  connect::SinkOptions options;
  options.url = config.connect;
  options.mongo = config.mongo;
  options.name = config.name;
  options.connector = sink_connector(config);
  for (const Kind kind : kAllKinds) {
    options.collections.at(kind_index(kind)) = mongo::event_collection(kind);
  }
  return options;
}

}  // namespace

std::string sink_connector(const StandardConfig& config) { return config.name + "_sink"; }

std::string sink_settings(const StandardConfig& config) {
  return connect::sink_config(sink_of(config)).dump(2) + "\n";
}

std::vector<std::string> sink_collections(const StandardConfig& config) {
  std::vector<std::string> names;
  for (const Kind kind : kAllKinds) {
    names.push_back(config.name + "." + mongo::event_collection(kind));
  }
  return names;
}

Result<std::unique_ptr<Connector>> open_sink(const StandardConfig& config, Patience patience) {
  auto options = sink_of(config);
  options.patience = seconds_of(patience);
  return connect::open_sink(options);
}

Status prepare_sink(const StandardConfig& config) {
  return mongo::prepare_event_copies(in_mongo(config));
}

Result<std::unique_ptr<EventCopies>> open_event_copies(const StandardConfig& config) {
  return mongo::open_event_copies(in_mongo(config), config.partitions);
}

Status leave_sink(const StandardConfig& config) {
  auto connector = open_sink(config, Patience::kWait);
  if (!connector) return connector.error();
  return (*connector)->remove();
}

Status remove_sink(const StandardConfig& config) {
  CQRS_TRY(leave_sink(config));
  return mongo::remove_event_copies(in_mongo(config));
}

}  // namespace cqrs::standard
