#include "core/adapters/kafka/admin.h"
#include "core/adapters/kafka/log.h"
#include "core/adapters/kafka/records.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

namespace cqrs::kafka {
namespace {

using Clock = std::chrono::steady_clock;

// Brokers tell of a new or deleted topic somewhat later; a busy one needs its time.
constexpr std::chrono::seconds kSettleWait{30};

// Asks until `done` says so.
[[nodiscard]] Status wait_until(
    rd_kafka_t* client, const std::string& what,
    const std::function<Result<bool>(const rd_kafka_metadata_t&)>& done) {
  const auto give_up = Clock::now() + kSettleWait;
  while (Clock::now() < give_up) {
    auto metadata = ask_metadata(client);
    if (!metadata) return metadata.error();
    auto reached = done(**metadata);
    if (!reached) return reached.error();
    if (*reached) return {};
    rd_kafka_poll(client, 50);  // a pause: nothing ever arrives there
  }
  return unavailable(what, ("not yet after " + std::to_string(kSettleWait.count()) + " s").c_str());
}

[[nodiscard]] bool has_leaders(const rd_kafka_metadata_topic_t& topic) {
  const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
  return std::all_of(partitions.begin(), partitions.end(),
                     [](const auto& partition) { return partition.leader >= 0; });
}

// nothing: some are not there yet, or have no leaders.
[[nodiscard]] Result<bool> all_ready(const rd_kafka_metadata_t& metadata, const Options& options) {
  for (const Kind kind : kAllKinds) {
    const auto name = topic_name(options.prefix, kind);
    const auto* topic = find_topic(metadata, name);
    if (topic == nullptr) return false;
    if (topic->partition_cnt != options.partitions) {
      return other_partitions(name, topic->partition_cnt, options.partitions);
    }
    if (!has_leaders(*topic)) return false;
  }
  return true;
}

[[nodiscard]] Result<Owned<rd_kafka_NewTopic_t>> new_topic(const Options& options,
                                                           const TopicSettings& settings,
                                                           Kind kind) {
  std::array<char, 512> why{};
  Owned<rd_kafka_NewTopic_t> topic(rd_kafka_NewTopic_new(topic_name(options.prefix, kind).c_str(),
                                                         options.partitions, settings.replication,
                                                         why.data(), why.size()));
  if (topic == nullptr) return invalid("prefix", "Kafka: " + std::string(why.data()));
  const auto retention = std::chrono::milliseconds(settings.retention).count();
  // Append time: retention counts from when a record was published, not from when its event was
  // recorded, or topics filled from an old record would lose it at once.
  const std::array<Setting, 6> wanted{
      {{"cleanup.policy", "delete"},
       {"retention.ms", std::to_string(retention == 0 ? -1 : retention)},
       {"min.insync.replicas", std::to_string(settings.min_in_sync)},
       {"max.message.bytes", std::to_string(kMaxTopicBytes)},
       {"message.timestamp.type", "LogAppendTime"},
       {"unclean.leader.election.enable", "false"}}};
  for (const auto& setting : wanted) {
    (void)rd_kafka_NewTopic_set_config(topic.get(), setting.name, setting.value.c_str());
  }
  return topic;
}

[[nodiscard]] Error refused(const rd_kafka_topic_result_t& result) {
  const std::string name = rd_kafka_topic_result_name(&result);
  const char* why = rd_kafka_topic_result_error_string(&result);
  switch (rd_kafka_topic_result_error(&result)) {
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return invalid("topics", "Kafka refuses to create topic " + name + ": " + why);
    default:
      return unavailable("cannot create topic " + name, why);
  }
}

[[nodiscard]] Status create(rd_kafka_t* client, const Options& options,
                            const TopicSettings& settings, std::span<const Kind> kinds) {
  std::vector<Owned<rd_kafka_NewTopic_t>> topics;
  std::vector<rd_kafka_NewTopic_t*> handles;
  for (const Kind kind : kinds) {
    auto topic = new_topic(options, settings, kind);
    if (!topic) return topic.error();
    handles.push_back(topic->get());
    topics.push_back(std::move(*topic));
  }
  const AdminCall call(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client, handles.data(), handles.size(), call.options(), call.queue());
  auto answer = call.answer("cannot create topics");
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* const* results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(answer->get()), &count);
  for (const auto* result : std::span(results, count)) {
    const auto error = rd_kafka_topic_result_error(result);
    // Somebody else may have been faster.
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    return refused(*result);
  }
  return {};
}

[[nodiscard]] Status refuse_compacted(const std::vector<TopicState>& topics) {
  for (const auto& topic : topics) {
    if (topic.cleanup_policy.find("compact") == std::string::npos) continue;
    return invalid("topics", "topic " + topic.name +
                                 " is compacted (cleanup.policy=" + topic.cleanup_policy +
                                 "), which takes events out of it. Set cleanup.policy=delete, and "
                                 "use topics of another prefix if it was compacted already");
  }
  return {};
}

[[nodiscard]] Status check_usable(rd_kafka_t* client, const Options& options) {
  auto metadata = ask_metadata(client);
  if (!metadata) return metadata.error();
  auto topics = topic_states(**metadata, options);
  if (topics.size() < kAllKinds.size()) {
    return unavailable("the topics are not there", "a broker does not know them yet");
  }
  CQRS_TRY(read_settings(client, topics));
  CQRS_TRY(refuse_compacted(topics));
  return count_records(client, topics);  // a leader that answers, not only one that is named
}

}  // namespace

Status ensure_topics(const Options& options, const TopicSettings& settings) {
  if (settings.replication < 1 || settings.min_in_sync < 1 ||
      settings.min_in_sync > settings.replication) {
    return invalid("min_in_sync", "min.insync.replicas must be 1 to the replication (" +
                                      std::to_string(settings.replication) + "), not " +
                                      std::to_string(settings.min_in_sync));
  }
  auto client = open_admin(options);
  if (!client) return client.error();
  auto metadata = ask_metadata(client->get());
  if (!metadata) return metadata.error();
  std::vector<Kind> missing;
  for (const Kind kind : kAllKinds) {
    const auto name = topic_name(options.prefix, kind);
    const auto* topic = find_topic(**metadata, name);
    if (topic == nullptr) {
      missing.push_back(kind);
    } else if (topic->partition_cnt != options.partitions) {
      return other_partitions(name, topic->partition_cnt, options.partitions);
    }
  }
  if (!missing.empty()) CQRS_TRY(create(client->get(), options, settings, missing));
  CQRS_TRY(wait_until(client->get(), "the topics are not there",
                      [&](const rd_kafka_metadata_t& now) { return all_ready(now, options); }));
  // Each broker learns of a new topic by itself, and any of them may be asked.
  for (const auto give_up = Clock::now() + kSettleWait;;) {
    auto status = check_usable(client->get(), options);
    const bool passing = !status && status.error().code == ErrorCode::kUnavailable;
    if (!passing || Clock::now() >= give_up) return status;
    rd_kafka_poll(client->get(), 50);
  }
}

Status delete_topics(const Options& options) {
  auto client = open_admin(options);
  if (!client) return client.error();
  auto metadata = ask_metadata(client->get());
  if (!metadata) return metadata.error();
  std::vector<Owned<rd_kafka_DeleteTopic_t>> topics;
  std::vector<rd_kafka_DeleteTopic_t*> handles;
  for (const auto& topic : topic_states(**metadata, options)) {
    topics.emplace_back(rd_kafka_DeleteTopic_new(topic.name.c_str()));
    handles.push_back(topics.back().get());
  }
  if (handles.empty()) return {};
  const AdminCall call(client->get(), RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(client->get(), handles.data(), handles.size(), call.options(),
                        call.queue());
  auto answer = call.answer("cannot delete topics");
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* const* results = rd_kafka_DeleteTopics_result_topics(
      rd_kafka_event_DeleteTopics_result(answer->get()), &count);
  for (const auto* result : std::span(results, count)) {
    const auto error = rd_kafka_topic_result_error(result);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      continue;
    }
    return unavailable("cannot delete topic " + std::string(rd_kafka_topic_result_name(result)),
                       rd_kafka_topic_result_error_string(result));
  }
  return wait_until(client->get(), "the topics are still there",
                    [&](const rd_kafka_metadata_t& now) -> Result<bool> {
                      return topic_states(now, options).empty();
                    });
}

}  // namespace cqrs::kafka
