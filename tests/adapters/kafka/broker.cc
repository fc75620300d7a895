#include "tests/adapters/kafka/broker.h"

#include "tests/support/builders.h"
#include "tests/support/parts.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>

namespace cqrs::kafka {
namespace {

constexpr int kPerKind = 40;

struct Client {
  Client(rd_kafka_type_t type, const std::string& brokers) {
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    char why[200];
    EXPECT_EQ(rd_kafka_conf_set(settings, "bootstrap.servers", brokers.c_str(), why, sizeof why),
              RD_KAFKA_CONF_OK);
    rd_kafka_conf_set(settings, "group.id", "test", why, sizeof why);
    rd_kafka_conf_set(settings, "auto.offset.reset", "earliest", why, sizeof why);
    rd_kafka_conf_set_log_cb(settings, nullptr);
    handle = rd_kafka_new(type, settings, why, sizeof why);
    EXPECT_NE(handle, nullptr) << why;
    queue = rd_kafka_queue_new(handle);
  }
  ~Client() {
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
  }
  // The answer to a call of the administration API.
  void expect_answer() const {
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 20'000);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR)
        << rd_kafka_event_error_string(event);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_t* handle = nullptr;
  rd_kafka_queue_t* queue = nullptr;
};

}  // namespace

Event event_at(Position position) {
  Event event;
  const Kind kind = kAllKinds[static_cast<std::size_t>(position) % kAllKinds.size()];
  const auto turn = static_cast<std::uint64_t>(position) / kAllKinds.size();
  event.position = position;
  event.event_id = support::an_id(kind, 1'000'000 + static_cast<std::uint64_t>(position));
  event.stream = support::a_key(kind, turn % kPerKind);
  event.version = static_cast<std::int64_t>(turn / kPerKind) + 1;
  event.type = std::string(kind_name(kind)) + ".updated";
  event.schema_version = 3;
  event.data = R"({"name":"Zoë","position":)" + std::to_string(position) + "}";
  event.traceparent = position % 2 == 0 ? "" : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71-01";
  event.recorded_at = {support::kNow.micros + position};
  return event;
}

std::vector<Event> events_of(Position first, Position last) {
  std::vector<Event> events;
  for (Position position = first; position <= last; ++position) {
    events.push_back(event_at(position));
  }
  return events;
}

void KafkaTest::SetUp() {
  options_.brokers = support::parts().kafka;
  options_.prefix = support::fresh_namespace();
  options_.partitions = 3;
  const auto status = ensure_topics(options_, {});
  ASSERT_TRUE(status.ok()) << status.error().message;
}

void KafkaTest::TearDown() {
  options_.brokers = support::parts().kafka;
  EXPECT_TRUE(delete_topics(options_).ok());
}

void KafkaTest::publish(EventPublisher& publisher, Position first, Position last) {
  const auto cursor = publisher.publish(events_of(first, last), last);
  ASSERT_TRUE(cursor.ok()) << cursor.error().message;
}

std::unique_ptr<EventPublisher> KafkaTest::publisher() const {
  return std::move(open_publisher(options_).value());
}

std::unique_ptr<EventLog> KafkaTest::log(ReadCounters* counters) const {
  return std::move(open_event_log(options_, counters).value());
}

KafkaTest::Seen KafkaTest::read_to(EventLog& log, const Cursor& from, Position position,
                                   std::size_t max) {
  Seen seen;
  seen.next = from;
  Position complete = 0;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (complete < position && std::chrono::steady_clock::now() < give_up) {
    auto page = log.read(seen.next, max);
    EXPECT_TRUE(page.ok()) << page.error().message;
    if (!page.ok()) break;
    EXPECT_LE(page->events.size(), max);
    EXPECT_GE(page->complete_to, complete);
    EXPECT_EQ(complete_to(page->next).value(), page->complete_to);
    complete = page->complete_to;
    seen.next = page->next;
    seen.cursors.push_back(page->next);
    seen.complete.push_back(complete);
    for (auto& event : page->events) seen.events.push_back(std::move(event));
    seen.taken.push_back(seen.events.size());
  }
  EXPECT_GE(complete, position);
  return seen;
}

Error KafkaTest::error_of(EventLog& log, Cursor from) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    auto page = log.read(from, 1'000);
    if (!page.ok()) return page.error();
    from = page->next;
  }
  ADD_FAILURE() << "no error within 20 s";
  return {};
}

std::vector<RawRecord> KafkaTest::raw_records(Kind kind, std::size_t count) const {
  const Client client(RD_KAFKA_CONSUMER, options_.brokers);
  rd_kafka_poll_set_consumer(client.handle);
  auto* list = rd_kafka_topic_partition_list_new(options_.partitions);
  for (int i = 0; i < options_.partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, topic_name(options_.prefix, kind).c_str(), i)->offset =
        0;
  }
  rd_kafka_assign(client.handle, list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<RawRecord> records;
  for (int empty = 0; records.size() < count && empty < 20;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle, 1'000);
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++empty;
      if (message != nullptr) rd_kafka_message_destroy(message);
      continue;
    }
    RawRecord record;
    record.partition = message->partition;
    record.key.assign(static_cast<const char*>(message->key), message->key_len);
    record.value.assign(static_cast<const char*>(message->payload), message->len);
    rd_kafka_headers_t* headers = nullptr;
    rd_kafka_message_headers(message, &headers);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         headers != nullptr && rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0;
         ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
    records.push_back(std::move(record));
    rd_kafka_message_destroy(message);
  }
  return records;
}

void KafkaTest::produce_raw(Kind kind, const RawRecord& record) const {
  const Client client(RD_KAFKA_PRODUCER, options_.brokers);
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto topic = topic_name(options_.prefix, kind);
  rd_kafka_vu_t fields[6] = {};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = record.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {record.key.empty() ? nullptr : const_cast<char*>(record.key.data()),
                     record.key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[4].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[5].u.headers = headers;
  EXPECT_EQ(rd_kafka_produceva(client.handle, fields, 6), nullptr);
  EXPECT_EQ(rd_kafka_flush(client.handle, 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void KafkaTest::watermark_raw(Kind kind, int partition, const Watermark& watermark) const {
  produce_raw(kind,
              {.partition = partition,
               .key = "",
               .value = std::to_string(watermark.complete_to),
               .headers = {{std::string(kWatermarkHeader), std::to_string(watermark.after)}}});
}

void KafkaTest::delete_records(Kind kind, int partition, std::int64_t before) const {
  const Client client(RD_KAFKA_PRODUCER, options_.brokers);
  auto* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic_name(options_.prefix, kind).c_str(), partition)
      ->offset = before;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_DeleteRecords(client.handle, &request, 1, nullptr, client.queue);
  client.expect_answer();
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(list);
}

void KafkaTest::set_topic(Kind kind, const char* name, const char* value) const {
  const Client client(RD_KAFKA_PRODUCER, options_.brokers);
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(
      RD_KAFKA_RESOURCE_TOPIC, topic_name(options_.prefix, kind).c_str());
  rd_kafka_ConfigResource_set_config(resource, name, value);
  rd_kafka_AlterConfigs(client.handle, &resource, 1, nullptr, client.queue);
  client.expect_answer();
  rd_kafka_ConfigResource_destroy(resource);
}

void KafkaTest::create_raw(Kind kind, const char* cleanup_policy) const {
  const Client client(RD_KAFKA_PRODUCER, options_.brokers);
  char why[200];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(topic_name(options_.prefix, kind).c_str(),
                                                     options_.partitions, 1, why, sizeof why);
  rd_kafka_NewTopic_set_config(topic, "cleanup.policy", cleanup_policy);
  rd_kafka_CreateTopics(client.handle, &topic, 1, nullptr, client.queue);
  client.expect_answer();
  rd_kafka_NewTopic_destroy(topic);
}

std::vector<Position> positions(const std::vector<Event>& events) {
  std::vector<Position> found;
  found.reserve(events.size());
  for (const auto& event : events) found.push_back(event.position);
  return found;
}

bool in_order(const std::vector<Event>& events) {
  std::map<StreamKey, std::int64_t> versions;
  for (const auto& event : events) {
    auto& version = versions[event.stream];
    if (version != 0 && event.version > version + 1) return false;
    version = std::max(version, event.version);
  }
  return true;
}

}  // namespace cqrs::kafka
