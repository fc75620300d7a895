#include "core/adapters/kafka/client.h"

#include "core/adapters/kafka/records.h"
#include "core/base/hash.h"

#include <array>

namespace cqrs::kafka {
namespace {

[[nodiscard]] Status apply(rd_kafka_conf_t* settings, const Setting& setting) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(settings, setting.name, setting.value.c_str(), why.data(), why.size()) !=
      RD_KAFKA_CONF_OK) {
    return invalid(setting.name, "Kafka client: " + std::string(why.data()));
  }
  return {};
}

}  // namespace

Error unavailable(const std::string& what, const char* broker_error) {
  return make_error(ErrorCode::kUnavailable, "Kafka: " + what + ": " + broker_error);
}

Status check_options(const Options& options) {
  if (options.brokers.empty()) return invalid("brokers", "name at least one broker: host:port");
  if (options.prefix.empty()) return invalid("prefix", "a topic prefix must not be empty");
  if (options.partitions < 1 || options.partitions > kSlices) {
    return invalid("partitions", std::to_string(options.partitions) +
                                     " partitions: a topic has 1 to " + std::to_string(kSlices));
  }
  return {};
}

Result<Owned<rd_kafka_conf_t>> make_settings(const Options& options,
                                             std::span<const Setting> settings) {
  CQRS_TRY(check_options(options));
  Owned<rd_kafka_conf_t> made(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(made.get(), nullptr);  // what matters comes back as an error
  const std::array<Setting, 5> common{{{"bootstrap.servers", options.brokers},
                                       {"client.id", "cqrs"},
                                       {"reconnect.backoff.max.ms", "1000"},
                                       {"socket.timeout.ms", "10000"},
                                       {"allow.auto.create.topics", "false"}}};
  for (const auto& setting : common) CQRS_TRY(apply(made.get(), setting));
  for (const auto& setting : settings) CQRS_TRY(apply(made.get(), setting));
  return made;
}

Result<Owned<rd_kafka_t>> open_client(rd_kafka_type_t type, Owned<rd_kafka_conf_t> settings) {
  std::array<char, 512> why{};
  Owned<rd_kafka_t> client(rd_kafka_new(type, settings.get(), why.data(), why.size()));
  if (client == nullptr) return invalid("brokers", "Kafka client: " + std::string(why.data()));
  (void)settings.release();  // the client's now
  return client;
}

Result<Owned<const rd_kafka_metadata_t>> ask_metadata(rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error =
      rd_kafka_metadata(client, 1, nullptr, &metadata, static_cast<int>(kMetadataWait.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unavailable("no broker tells which topics there are", rd_kafka_err2str(error));
  }
  return Owned<const rd_kafka_metadata_t>(metadata);
}

const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata,
                                            std::string_view name) {
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const auto& topic = metadata.topics[i];
    if (topic.topic == name && topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) return &topic;
  }
  return nullptr;
}

Error other_partitions(const std::string& topic, int found, int wanted) {
  return invalid("partitions",
                 "topic " + topic + " has " + std::to_string(found) + " partitions where " +
                     std::to_string(wanted) +
                     " are wanted: their number cannot change, because events of one entity would "
                     "lose their order. Use that number, or topics of another prefix");
}

Status check_topics(rd_kafka_t* client, const Options& options) {
  auto metadata = ask_metadata(client);
  if (!metadata) return metadata.error();
  for (const Kind kind : kAllKinds) {
    const auto name = topic_name(options.prefix, kind);
    const auto* topic = find_topic(**metadata, name);
    if (topic == nullptr) {
      return make_error(ErrorCode::kNotFound, "topic " + name + " is not there");
    }
    if (topic->partition_cnt != options.partitions) {
      return other_partitions(name, topic->partition_cnt, options.partitions);
    }
  }
  return {};
}

}  // namespace cqrs::kafka
