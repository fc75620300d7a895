#include "core/adapters/kafka/batch.h"
#include "core/adapters/kafka/client.h"
#include "core/adapters/kafka/log.h"
#include "core/adapters/kafka/partition.h"
#include "core/adapters/kafka/records.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace cqrs::kafka {
namespace {

using Clock = std::chrono::steady_clock;

// How often a reader without news asks whether the topics are still there.
constexpr std::chrono::seconds kIdleCheck{2};

// The driver's simple consumer: offsets come from the cursor and from nowhere else, so there is no
// group. Its other one hangs when it is closed after a topic was deleted (librdkafka 2.0).
class KafkaLog final : public EventLog {
 public:
  KafkaLog(Options options, ReadCounters* counters)
      : options_(std::move(options)), counters_(counters == nullptr ? own_counters_ : *counters) {}
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;
  ~KafkaLog() override { stop(); }
  [[nodiscard]] Status open();
  [[nodiscard]] Result<LogPage> read(const Cursor& cursor, std::size_t max) override;

 private:
  [[nodiscard]] Status assign(const Cursor& cursor);
  void stop();
  [[nodiscard]] Status fill(LogPage& page, std::size_t max);
  [[nodiscard]] Status take(const rd_kafka_message_t& record, LogPage& page);
  [[nodiscard]] Status take_in_order(Partition& partition, Kind kind,
                                     const rd_kafka_message_t& record, LogPage& page);
  [[nodiscard]] Status advance(Partition& partition, const Watermark& watermark) const;
  [[nodiscard]] Decoded read_record(Kind kind, const rd_kafka_message_t& record);
  [[nodiscard]] Status check_idle();

  Options options_;
  ReadCounters own_counters_;
  ReadCounters& counters_;

  std::vector<Partition> partitions_;
  std::optional<Cursor> stands_at_;  // nothing: to be assigned anew
  bool moved_ = false;               // a place, since the call of read()
  Clock::time_point checked_at_;     // that the topics are there
  std::vector<HeaderView> headers_;
  Owned<rd_kafka_t> client_;
  std::array<Owned<rd_kafka_topic_t>, kAllKinds.size()> topics_;
  Owned<rd_kafka_queue_t> queue_;
  Batch batch_;
};

[[nodiscard]] Error gone(const std::string& partition, const std::string& why) {
  return make_error(ErrorCode::kNotFound, "the topics no longer hold what follows the cursor: " +
                                              partition + " " + why + ". Go on from the record");
}

Status KafkaLog::open() {
  // What is read ahead, over all partitions. When it is full, the driver looks again only a second
  // later: so this also bounds what can be read in a second.
  const std::array<Setting, 7> settings{{{"auto.offset.reset", "error"},
                                         {"fetch.wait.max.ms", "100"},
                                         {"isolation.level", "read_uncommitted"},
                                         {"check.crcs", "true"},
                                         {"fetch.error.backoff.ms", "100"},
                                         {"queued.max.messages.kbytes", "131072"},
                                         {"queued.min.messages", "300000"}}};
  auto made = make_settings(options_, settings);
  if (!made) return made.error();
  auto client = open_client(RD_KAFKA_CONSUMER, std::move(*made));
  if (!client) return client.error();
  client_ = std::move(*client);
  queue_.reset(rd_kafka_queue_new(client_.get()));
  for (const Kind kind : kAllKinds) {
    const auto topic = topic_name(options_.prefix, kind);
    auto& handle = topics_[kind_index(kind)];
    handle.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    for (int i = 0; i < options_.partitions; ++i) {
      partitions_.push_back({.name = topic + "/" + std::to_string(i),
                             .topic = handle.get(),
                             .number = i,
                             .place = {}});
    }
  }
  return {};
}

Result<LogPage> KafkaLog::read(const Cursor& cursor, std::size_t max) {
  if (stands_at_ != cursor) {
    stands_at_.reset();
    CQRS_TRY(assign(cursor));
  }
  LogPage page;
  page.events.reserve(std::min(max, kBatch));
  moved_ = false;
  if (auto status = fill(page, max); !status) {
    stands_at_.reset();
    // What was read before it is good, and the next call meets it again.
    if (!moved_) return status.error();
  } else {
    if (!moved_) {
      stands_at_.reset();
      CQRS_TRY(check_idle());
    }
    stands_at_ = cursor;
  }
  Places places;
  places.reserve(partitions_.size());
  for (const auto& partition : partitions_) places.push_back(partition.place);
  page.complete_to = complete_to(places);
  page.next = moved_ ? to_cursor(places) : cursor;
  if (stands_at_) stands_at_ = page.next;
  return page;
}

// Reading begins one record before each place, whose position must be the one that the cursor
// tells: else the partition was cut or made anew, and the offsets mean something else now.
Status KafkaLog::assign(const Cursor& cursor) {
  auto places = parse_cursor(cursor, options_.partitions);
  if (!places) return places.error();
  CQRS_TRY(check_topics(client_.get(), options_));
  checked_at_ = Clock::now();
  stop();
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    auto& partition = partitions_[i];
    partition.place = (*places)[i];
    partition.prove = partition.place.offset > 0;
    partition.fresh = true;
    const auto from = partition.place.offset - (partition.prove ? 1 : 0);
    if (rd_kafka_consume_start_queue(partition.topic, partition.number, from, queue_.get()) != 0) {
      return unavailable("cannot read " + partition.name, rd_kafka_err2str(rd_kafka_last_error()));
    }
    partition.started = true;
  }
  return {};
}

void KafkaLog::stop() {
  for (auto& partition : partitions_) {
    if (std::exchange(partition.started, false)) {
      rd_kafka_consume_stop(partition.topic, partition.number);
    }
  }
}

Status KafkaLog::fill(LogPage& page, std::size_t max) {
  const auto until = Clock::now() + options_.read_wait;
  // Watermarks count as well, else many of them would make one call endless.
  for (std::size_t left = 4 * max + partitions_.size(); left > 0 && page.events.size() < max;) {
    // With a time to wait, the driver waits until it has all that is asked for: so for one.
    const auto wait =
        moved_
            ? std::chrono::milliseconds(0)
            : std::max(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()),
                       std::chrono::milliseconds(0));
    const auto room = wait.count() > 0 ? 1 : std::min(left, max - page.events.size());
    const auto records = batch_.take(queue_.get(), wait, room);
    if (records.empty()) return {};
    for (const auto* record : records) CQRS_TRY(take(*record, page));
    left -= std::min(left, records.size());
  }
  return {};
}

Status KafkaLog::take(const rd_kafka_message_t& record, LogPage& page) {
  // By name: the record's handle may be another one of the same topic.
  const std::string_view topic = record.rkt == nullptr ? "" : rd_kafka_topic_name(record.rkt);
  const auto* const found = std::find_if(topics_.begin(), topics_.end(), [&](const auto& handle) {
    return rd_kafka_topic_name(handle.get()) == topic;
  });
  if (found == topics_.end() || record.partition < 0 || record.partition >= options_.partitions) {
    return unavailable("cannot read", rd_kafka_message_errstr(&record));
  }
  const Kind kind = kAllKinds[static_cast<std::size_t>(found - topics_.begin())];
  auto& partition = partitions_[place_index(kind, record.partition, options_.partitions)];
  switch (record.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return take_in_order(partition, kind, record, page);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return gone(partition.name,
                  "has nothing at offset " + std::to_string(partition.place.offset) + " any more");
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return gone(partition.name, "is not there");
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return gone(partition.name,
                  "is damaged behind offset " + std::to_string(partition.place.offset));
    default:
      return unavailable("cannot read " + partition.name, rd_kafka_message_errstr(&record));
  }
}

// Offsets may be missing for good (marks of foreign transactions). But what the driver skipped by
// mistake it has to bring when it is asked for exactly that offset.
[[nodiscard]] Status check_offset(const Partition& partition, std::int64_t offset) {
  if (partition.prove && offset >= partition.place.offset) {
    return gone(partition.name, "does not hold the record before it");
  }
  if (offset > partition.place.offset && !partition.fresh) {
    return unavailable("cannot read " + partition.name, "offsets skipped");
  }
  return {};
}

Status KafkaLog::take_in_order(Partition& partition, Kind kind, const rd_kafka_message_t& record,
                               LogPage& page) {
  Place& place = partition.place;
  if (record.offset < place.offset - (partition.prove ? 1 : 0)) {
    return {};  // left over from before a start
  }
  CQRS_TRY(check_offset(partition, record.offset));
  partition.fresh = false;
  auto decoded = read_record(kind, record);
  const auto* watermark = std::get_if<Watermark>(&decoded);
  auto* event = std::get_if<Event>(&decoded);
  const Position position = watermark != nullptr ? watermark->complete_to
                            : event != nullptr   ? event->position
                                                 : 0;
  if (partition.prove) {
    partition.prove = false;
    if (position == place.last) return {};
    return gone(partition.name, "holds another record before it: it was made anew");
  }
  if (watermark != nullptr) {
    CQRS_TRY(advance(partition, *watermark));
    ++counters_.watermarks;
  } else if (event != nullptr) {
    page.events.push_back(std::move(*event));
    ++counters_.events;
  } else {
    ++counters_.unreadable;
  }
  place.offset = record.offset + 1;
  place.last = position;
  moved_ = true;
  return {};
}

// Every publisher begins where the last confirmed watermark stands, or before. One that begins
// later follows records that are not there any more, or never were.
Status KafkaLog::advance(Partition& partition, const Watermark& watermark) const {
  Position& known = partition.place.watermark;
  if (watermark.complete_to <= known) return {};  // published again by a relay that woke up late
  if (watermark.after > known) {
    return gone(partition.name, "goes on at position " + std::to_string(watermark.after + 1) +
                                    " where " + std::to_string(known + 1) + " should follow");
  }
  known = watermark.complete_to;
  return {};
}

Decoded KafkaLog::read_record(Kind kind, const rd_kafka_message_t& record) {
  headers_.clear();
  rd_kafka_headers_t* headers = nullptr;  // the record's
  if (rd_kafka_message_headers(&record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      headers_.push_back({name, {static_cast<const char*>(value), size}});
    }
  }
  return decode(kind, {static_cast<const char*>(record.key), record.key_len},
                {static_cast<const char*>(record.payload), record.len}, headers_);
}

// Nothing new, or nobody to ask? The driver waits for brokers and for deleted topics in silence.
Status KafkaLog::check_idle() {
  const auto now = Clock::now();
  if (now < checked_at_ + kIdleCheck) return {};
  CQRS_TRY(check_topics(client_.get(), options_));
  checked_at_ = now;
  return {};
}

}  // namespace

Result<std::unique_ptr<EventLog>> open_event_log(const Options& options, ReadCounters* counters) {
  auto log = std::make_unique<KafkaLog>(options, counters);
  CQRS_TRY(log->open());
  return std::unique_ptr<EventLog>(std::move(log));
}

}  // namespace cqrs::kafka
