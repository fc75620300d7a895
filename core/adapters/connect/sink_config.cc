#include "core/adapters/connect/connector_config.h"
#include "core/adapters/connect/steps.h"
#include "core/domain/stream_key.h"

#include <string_view>

namespace cqrs::connect {
namespace {

constexpr std::string_view kSink = "com.mongodb.kafka.connect.sink.";

std::string topic_of(const SinkOptions& options, Kind kind) {
  return options.name + "." + std::string(kind_name(kind));
}

// What the connector has told to be written must never be rolled back: it does not come again.
// What the URL says itself stands.
std::string with_majority(const std::string& url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto query = url.find('?', host);
  if (query == std::string::npos) {
    const bool path = url.find('/', host) != std::string::npos;
    return url + (path ? "?" : "/?") + "w=majority&journal=true";
  }
  for (const char* given : {"?w=", "&w="}) {
    if (url.find(given, query) != std::string::npos) return url;
  }
  return url + "&w=majority&journal=true";
}

void add_collections(Json& config, const SinkOptions& options) {
  config["connection.uri"] = with_majority(options.mongo);
  config["database"] = options.name;
  for (const Kind kind : kAllKinds) {
    config["topic.override." + topic_of(options, kind) + ".collection"] =
        options.collections.at(kind_index(kind));
  }
  // Whatever comes again replaces itself.
  const std::string sink(kSink);
  config["document.id.strategy"] = sink + "processor.id.strategy.ProvidedInValueStrategy";
  config["writemodel.strategy"] = sink + "writemodel.strategy.ReplaceOneDefaultStrategy";
  // A watermark is never there before what stands in front of it.
  config["bulk.write.ordered"] = "true";
}

// Of an event: its data under a name, and beside it what its headers say.
void add_events(Steps& steps) {
  const std::string smt(kSmt);
  const Only events{"event"};
  steps.header("event", "ce_position");
  steps.step("data", smt + "HoistField$Value", {{"field", "data"}}, events);
  steps.step("fields", "io.debezium.transforms.HeaderToValue",
             {{"headers",
               "ce_id,ce_type,ce_subject,ce_aggregateversion,ce_position,ce_schemaversion,"
               "ce_recordedmicros"},
              {"fields", "_id,type,stream,version,position,schema_version,recorded_micros"},
              {"operation", "copy"}},
             events);
  steps.step("numbers", smt + "Cast$Value",
             {{"spec", "version:int64,position:int64,schema_version:int32,recorded_micros:int64"}},
             events);
}

// Of a watermark: {_id: its partition, complete_to}. It is marked as one of ours.
void add_watermarks(Steps& steps) {
  const std::string smt(kSmt);
  const Only watermarks{"watermark"};
  steps.header("watermark", "cqrs-watermark-after");
  steps.step("complete", smt + "HoistField$Value", {{"field", "complete_to"}}, watermarks);
  steps.step("number", smt + "Cast$Value", {{"spec", "complete_to:int64"}}, watermarks);
  steps.step("place", smt + "InsertField$Value", {{"partition.field", "_id"}}, watermarks);
  steps.step("ours", smt + "InsertHeader", {{"header", "ce_position"}, {"value.literal", "none"}},
             watermarks);
}

}  // namespace

Json sink_config(const SinkOptions& options) {
  Json config;
  config["connector.class"] = "com.mongodb.kafka.connect.MongoSinkConnector";
  config["tasks.max"] = "1";
  std::string topics;
  for (const Kind kind : kAllKinds) {
    topics += (topics.empty() ? "" : ",") + topic_of(options, kind);
  }
  // By name: a pattern is only looked up every five minutes.
  config["topics"] = topics;
  // How long others wait for the partitions of a worker that was killed; 45 s by default.
  config["consumer.override.session.timeout.ms"] = "10000";
  add_texts(config);
  add_collections(config, options);
  Steps steps(config);
  add_events(steps);
  add_watermarks(steps);
  // What tells no position is none of ours, to this reader as to the others.
  steps.step("foreign", std::string(kSmt) + "Filter", Json::object(), {"event", true});
  return config;
}

}  // namespace cqrs::connect
