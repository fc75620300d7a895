#include "core/adapters/kafka/admin.h"

#include <array>

namespace cqrs::kafka {

std::string heartbeat_topic(const std::string& prefix) { return prefix + ".heartbeat"; }

Status ensure_heartbeat_topic(const Options& options, int replication) {
  auto client = open_admin(options);
  if (!client) return client.error();
  std::array<char, 512> why{};
  const Owned<rd_kafka_NewTopic_t> topic(rd_kafka_NewTopic_new(
      heartbeat_topic(options.prefix).c_str(), 1, replication, why.data(), why.size()));
  if (topic == nullptr) return invalid("prefix", "Kafka: " + std::string(why.data()));
  (void)rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", "86400000");
  std::array<rd_kafka_NewTopic_t*, 1> topics{topic.get()};
  const AdminCall call(client->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client->get(), topics.data(), topics.size(), call.options(), call.queue());
  auto answer = call.answer("cannot create topics");
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* const* results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(answer->get()), &count);
  for (const auto* result : std::span(results, count)) {
    const auto error = rd_kafka_topic_result_error(result);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    return unavailable("cannot create topic " + heartbeat_topic(options.prefix),
                       rd_kafka_topic_result_error_string(result));
  }
  return {};
}

Status delete_heartbeat_topic(const Options& options) {
  auto client = open_admin(options);
  if (!client) return client.error();
  const Owned<rd_kafka_DeleteTopic_t> topic(
      rd_kafka_DeleteTopic_new(heartbeat_topic(options.prefix).c_str()));
  std::array<rd_kafka_DeleteTopic_t*, 1> topics{topic.get()};
  const AdminCall call(client->get(), RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(client->get(), topics.data(), topics.size(), call.options(), call.queue());
  auto answer = call.answer("cannot delete topics");
  return answer ? Status() : Status(answer.error());  // not there: as good
}

}  // namespace cqrs::kafka
