#include "core/adapters/connect/connector_config.h"

#include "core/adapters/connect/steps.h"
#include "core/domain/stream_key.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace cqrs::connect {
namespace {

struct Address {
  std::string user, password, host, port, database;
};

// %41 is A. What is no such code stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Error other_form() {
  return invalid(
      "--postgres",
      "--relay cdc needs --postgres as postgresql://USER[:PASSWORD]@HOST[:PORT]/DATABASE "
      "with one host: Kafka Connect is told its parts");
}

Result<Address> parse(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos || !url.starts_with("postgres")) return other_form();
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('?'));
  const auto slash = url.find('/');
  const auto at = url.substr(0, slash).rfind('@');
  if (slash == std::string_view::npos || at == std::string_view::npos) return other_form();
  const auto login = url.substr(0, at);
  const auto place = url.substr(at + 1, slash - at - 1);
  Address address;
  const auto secret = login.find(':');
  address.user = decoded(login.substr(0, secret));
  if (secret != std::string_view::npos) address.password = decoded(login.substr(secret + 1));
  const auto colon = place.rfind(':');
  const bool has_port = colon != std::string_view::npos && place.find(']', colon) == place.npos;
  address.host = decoded(place.substr(0, has_port ? colon : place.size()));
  address.port = has_port ? std::string(place.substr(colon + 1)) : "5432";
  address.database = decoded(url.substr(slash + 1));
  const bool whole = !address.user.empty() && !address.host.empty() && !address.database.empty() &&
                     place.find(',') == place.npos;
  if (!whole) return other_form();
  return address;
}

void add_database(Json& config, const Options& options, const Address& address) {
  config["database.hostname"] = address.host;
  config["database.port"] = address.port;
  config["database.user"] = address.user;
  config["database.password"] = address.password;
  config["database.dbname"] = address.database;
  config["plugin.name"] = "pgoutput";
  config["slot.name"] = options.slot;
  config["slot.drop.on.stop"] = "false";
  config["publication.name"] = options.slot;
  config["publication.autocreate.mode"] = "disabled";
  config["table.include.list"] = options.name + "[.]events";
  // What is in the table already, the relay role publishes.
  config["snapshot.mode"] = "no_data";
  // Debezium would make a slot that is gone anew, and leave out in silence what was committed
  // meanwhile. This statement fails then, and so does the connector, until the relay role has
  // filled the gap.
  config["database.initial.statements"] =
      "SELECT CASE count(*) WHEN 0 THEN ('slot " + options.slot +
      " is gone: the relay role makes it, and fills the gap' || count(*))::integer ELSE 1 END "
      "FROM pg_replication_slots WHERE slot_name = '" +
      options.slot + "' AND wal_status <> 'lost'";
  // An idle system, too, tells the slot that what others write need not be kept.
  config["heartbeat.interval.ms"] = "5000";
  config["heartbeat.action.query"] =
      "SELECT pg_logical_emit_message(false, '" + options.slot + "', '')";
  config["message.prefix.exclude.list"] = ".*";
  config["poll.interval.ms"] = "20";
  config["tombstones.on.delete"] = "false";
  config["skipped.operations"] = "u,d,t";
}

// The bytes of docs/formats/topics.md. `ce_specversion` goes through the value, because a header's
// own constant would be taken for a number and lose its ".0".
void add_records(Json& config, const Options& options) {
  Steps steps(config);
  const std::string prefix(kSmt);
  steps.topics("row", options.slot + "[.]" + options.name + "[.]events");
  steps.step("constant", prefix + "InsertField$Value",
             {{"static.field", "specversion"}, {"static.value", "1.0"}}, {"row"});
  steps.step("specversion", prefix + "HeaderFrom$Value",
             {{"fields", "specversion"}, {"headers", "ce_specversion"}, {"operation", "copy"}},
             {"row"});
  steps.step("outbox", "io.debezium.transforms.outbox.EventRouter",
             {{"table.field.event.id", "event_id"},
              {"table.field.event.key", "stream_id"},
              {"table.field.event.payload", "data"},
              {"table.fields.additional.placement",
               "event_id:header:ce_id,type:header:ce_type,stream_id:header:ce_subject,"
               "stream_version:header:ce_aggregateversion,position:header:ce_position,"
               "schema_version:header:ce_schemaversion,recorded_at:header:ce_recordedmicros,"
               "traceparent:header:traceparent,content_type:header:content-type,"
               "partition:partition"},
              {"table.op.invalid.behavior", "fatal"},
              {"route.by.field", "type"},
              {"route.topic.regex", "([a-z]+)[.].*"},
              {"route.topic.replacement", options.name + ".$1"}},
             {"row"});
  steps.step("id", prefix + "DropHeaders", {{"headers", "id"}});
  for (const Kind kind : kAllKinds) {
    const std::string name(kind_name(kind));
    steps.topics(name, options.name + "[.]" + name);
    steps.step(name, prefix + "InsertHeader",
               {{"header", "ce_source"}, {"value.literal", "/cqrs/" + name}}, {name});
  }
  steps.step(
      "heartbeat", prefix + "RegexRouter",
      {{"regex", "__debezium-heartbeat[.].*"}, {"replacement", options.name + ".heartbeat"}});
}

}  // namespace

Result<Json> source_config(const Options& options) {
  auto address = parse(options.postgres);
  if (!address) return address.error();
  Json config;
  config["connector.class"] = "io.debezium.connector.postgresql.PostgresConnector";
  config["tasks.max"] = "1";
  config["topic.prefix"] = options.slot;
  add_texts(config);
  config["producer.override.acks"] = "all";
  config["producer.override.compression.type"] = "lz4";
  add_database(config, options, *address);
  add_records(config, options);
  return config;
}

}  // namespace cqrs::connect
