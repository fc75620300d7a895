#include "core/adapters/kafka/admin.h"
#include "core/adapters/kafka/records.h"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace cqrs::kafka {
namespace {

// A broker may be told a moment after the others that it leads a partition now.
constexpr std::chrono::seconds kLeaderWait{10};

[[nodiscard]] bool passes(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

[[nodiscard]] Result<std::int64_t> records_in(rd_kafka_t* client, const std::string& topic,
                                              int partition) {
  const auto give_up = std::chrono::steady_clock::now() + kLeaderWait;
  while (true) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto error = rd_kafka_query_watermark_offsets(
        client, topic.c_str(), partition, &low, &high, static_cast<int>(kMetadataWait.count()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return high - low;
    if (!passes(error) || std::chrono::steady_clock::now() >= give_up) {
      return unavailable("cannot read offsets of topic " + topic, rd_kafka_err2str(error));
    }
    rd_kafka_poll(client, 50);  // a pause: nothing ever arrives there
  }
}

void take_settings(const rd_kafka_ConfigResource_t& resource, TopicState& topic) {
  std::size_t entries = 0;
  const auto* const* configs = rd_kafka_ConfigResource_configs(&resource, &entries);
  for (const auto* config : std::span(configs, entries)) {
    const std::string_view key = rd_kafka_ConfigEntry_name(config);
    const char* text = rd_kafka_ConfigEntry_value(config);
    const std::string value = text == nullptr ? "" : text;
    if (key == "cleanup.policy") topic.cleanup_policy = value;
    if (key == "min.insync.replicas") topic.min_in_sync = value;
    if (key == "retention.ms") topic.retention_ms = value;
  }
}

}  // namespace

Result<Owned<rd_kafka_t>> open_admin(const Options& options) {
  auto settings = make_settings(options, {});
  if (!settings) return settings.error();
  return open_client(RD_KAFKA_PRODUCER, std::move(*settings));
}

std::vector<TopicState> topic_states(const rd_kafka_metadata_t& metadata, const Options& options) {
  std::vector<TopicState> found;
  for (const Kind kind : kAllKinds) {
    const auto* topic = find_topic(metadata, topic_name(options.prefix, kind));
    if (topic == nullptr) continue;
    TopicState state;
    state.name = topic->topic;
    state.partitions = topic->partition_cnt;
    if (topic->partition_cnt > 0) state.replication = topic->partitions[0].replica_cnt;
    found.push_back(std::move(state));
  }
  std::sort(found.begin(), found.end(),
            [](const TopicState& a, const TopicState& b) { return a.name < b.name; });
  return found;
}

Status read_settings(rd_kafka_t* client, std::vector<TopicState>& topics) {
  if (topics.empty()) return {};
  std::vector<Owned<rd_kafka_ConfigResource_t>> owned;
  std::vector<rd_kafka_ConfigResource_t*> handles;
  for (const auto& topic : topics) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    handles.push_back(owned.back().get());
  }
  const AdminCall call(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(client, handles.data(), handles.size(), call.options(), call.queue());
  auto answer = call.answer("cannot read the settings of topics");
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer->get()), &count);
  for (const auto* resource : std::span(resources, count)) {
    const std::string_view name = rd_kafka_ConfigResource_name(resource);
    const auto topic = std::find_if(topics.begin(), topics.end(),
                                    [&](const TopicState& state) { return state.name == name; });
    if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return unavailable("cannot read the settings of topic " + std::string(name),
                         rd_kafka_ConfigResource_error_string(resource));
    }
    if (topic == topics.end()) continue;
    take_settings(*resource, *topic);
  }
  return {};
}

Status count_records(rd_kafka_t* client, std::vector<TopicState>& topics) {
  for (auto& topic : topics) {
    for (int partition = 0; partition < topic.partitions; ++partition) {
      auto records = records_in(client, topic.name, partition);
      if (!records) return records.error();
      topic.records += *records;
    }
  }
  return {};
}

Result<std::vector<TopicState>> describe_topics(const Options& options) {
  auto client = open_admin(options);
  if (!client) return client.error();
  auto metadata = ask_metadata(client->get());
  if (!metadata) return metadata.error();
  auto found = topic_states(**metadata, options);
  CQRS_TRY(read_settings(client->get(), found));
  CQRS_TRY(count_records(client->get(), found));
  return found;
}

}  // namespace cqrs::kafka
