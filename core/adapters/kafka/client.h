// What publisher, reader and administration share: owners of the driver's handles, its settings,
// and the one place where its errors become ours.
#pragma once

#include "core/adapters/kafka/log.h"
#include "core/base/result.h"
#include "core/domain/stream_key.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cqrs::kafka {

struct Release {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

// The largest record that is published, with key, headers and the driver's framing. Topics take
// somewhat more, so that the driver refuses and not the broker, which would refuse a whole batch.
inline constexpr int kMaxRecordBytes = 1'000'000;
inline constexpr int kMaxTopicBytes = 1'048'588;
// How long to wait for a broker to tell which topics there are.
inline constexpr std::chrono::milliseconds kMetadataWait{3'000};

struct Setting {
  const char* name;
  std::string value;
};

[[nodiscard]] Error unavailable(const std::string& what, const char* broker_error);

// Errors: invalid (partitions, brokers).
[[nodiscard]] Status check_options(const Options& options);
// With what every client has: brokers, no logging, short waits before connecting again.
[[nodiscard]] Result<Owned<rd_kafka_conf_t>> make_settings(const Options& options,
                                                           std::span<const Setting> settings);
[[nodiscard]] Result<Owned<rd_kafka_t>> open_client(rd_kafka_type_t type,
                                                    Owned<rd_kafka_conf_t> settings);

// All topics of the cluster. Asking for one by its name would create it on a lenient broker.
[[nodiscard]] Result<Owned<const rd_kafka_metadata_t>> ask_metadata(rd_kafka_t* client);
[[nodiscard]] const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata,
                                                          std::string_view name);
[[nodiscard]] Error other_partitions(const std::string& topic, int found, int wanted);
// Whether all topics are there with the partitions that the options say. Errors: unavailable,
// not_found, invalid.
[[nodiscard]] Status check_topics(rd_kafka_t* client, const Options& options);

}  // namespace cqrs::kafka
