#include "core/adapters/kafka/client.h"
#include "core/adapters/kafka/log.h"
#include "core/adapters/kafka/place.h"
#include "core/adapters/kafka/records.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace cqrs::kafka {
namespace {

constexpr std::int64_t kUnknownOffset = -1;
// Brokers forget a producer that was silent for a day, unless they are told to keep it longer or
// shorter (producer.id.expiration.ms).
constexpr std::chrono::minutes kRemembered{1};

struct Outgoing {
  Kind kind = Kind::kUser;
  int partition = 0;
  std::string_view key;  // none: null
  std::string_view value;
  std::span<const Header> headers;
  Timestamp time;
  std::int64_t* offset = nullptr;  // set when the record is durable; must live until then
};

// One producer session: ordered and without repetitions as long as nothing fails; then it is over.
class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const Options& options);

  [[nodiscard]] Status produce(const Outgoing& record);
  // Until every record produced so far is durable.
  [[nodiscard]] Status settle();
  // Whether the broker knows this session's sequence in each partition that got something before
  // the last settle(), and takes nothing behind a record that it refuses. It takes anything from a
  // producer that it does not know, or has forgotten.
  [[nodiscard]] bool is_known() const;

 private:
  // Written by the driver's callback, which only runs inside our calls.
  struct Deliveries {
    std::size_t outstanding = 0;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  };

  Session() = default;
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  [[nodiscard]] Error failure();
  [[nodiscard]] Error silence() const;

  Deliveries deliveries_;
  std::chrono::milliseconds patience_{};
  std::optional<std::chrono::steady_clock::time_point> settled_at_;
  Owned<rd_kafka_t> client_;
  std::array<Owned<rd_kafka_topic_t>, kAllKinds.size()> topics_;
};

void Session::delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  auto& deliveries = *static_cast<Deliveries*>(opaque);
  --deliveries.outstanding;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (deliveries.error == RD_KAFKA_RESP_ERR_NO_ERROR) deliveries.error = message->err;
  } else if (message->_private != nullptr) {
    *static_cast<std::int64_t*>(message->_private) = message->offset;
  }
}

Result<std::unique_ptr<Session>> Session::open(const Options& options) {
  std::unique_ptr<Session> session(new Session());
  // No record times out alone: what stands behind it in its partition would go out all the same.
  // The session ends as a whole instead, after settle()'s time or by gapless, which covers every
  // other gap.
  const std::array<Setting, 9> settings{{{"enable.idempotence", "true"},
                                         {"enable.gapless.guarantee", "true"},
                                         {"acks", "all"},
                                         {"linger.ms", "5"},
                                         {"batch.size", "1000000"},
                                         {"queue.buffering.max.kbytes", "131072"},
                                         {"message.max.bytes", std::to_string(kMaxRecordBytes)},
                                         {"delivery.timeout.ms", "0"},
                                         {"compression.type", "lz4"}}};
  auto made = make_settings(options, settings);
  if (!made) return made.error();
  rd_kafka_conf_set_dr_msg_cb(made->get(), delivered);
  rd_kafka_conf_set_opaque(made->get(), &session->deliveries_);
  auto client = open_client(RD_KAFKA_PRODUCER, std::move(*made));
  if (!client) return client.error();
  session->client_ = std::move(*client);
  session->patience_ = options.delivery_timeout;
  if (auto status = check_topics(session->client_.get(), options); !status) {
    if (status.error().code != ErrorCode::kNotFound) return status.error();
    return unavailable("cannot publish", status.error().message.c_str());
  }
  for (const Kind kind : kAllKinds) {
    session->topics_[kind_index(kind)].reset(rd_kafka_topic_new(
        session->client_.get(), topic_name(options.prefix, kind).c_str(), nullptr));
  }
  return session;
}

Status Session::produce(const Outgoing& record) {
  Owned<rd_kafka_headers_t> carried(rd_kafka_headers_new(record.headers.size()));
  for (const auto& header : record.headers) {
    rd_kafka_header_add(carried.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  std::array<rd_kafka_vu_t, 8> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topics_[kind_index(record.kind)].get();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = record.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {record.key.empty() ? nullptr : const_cast<char*>(record.key.data()),
                     record.key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[4].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  fields[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[5].u.i64 = record.time.micros / 1000;
  fields[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[6].u.ptr = record.offset;
  fields[7].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[7].u.headers = carried.get();
  const auto give_up = std::chrono::steady_clock::now() + patience_;
  while (deliveries_.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const Owned<rd_kafka_error_t> error(
        rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
    if (error == nullptr) {
      (void)carried.release();  // the record's now
      ++deliveries_.outstanding;
      return {};
    }
    if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return unavailable("cannot publish", rd_kafka_error_string(error.get()));
    }
    if (std::chrono::steady_clock::now() >= give_up) return silence();
    rd_kafka_poll(client_.get(), 10);
  }
  return failure();
}

Status Session::settle() {
  const auto give_up = std::chrono::steady_clock::now() + patience_;
  while (deliveries_.outstanding > 0 && deliveries_.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (std::chrono::steady_clock::now() >= give_up) return silence();
    rd_kafka_flush(client_.get(), 100);  // also sends at once what would linger
  }
  if (deliveries_.error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure();
  settled_at_ = std::chrono::steady_clock::now();
  return {};
}

bool Session::is_known() const {
  return settled_at_ && std::chrono::steady_clock::now() - *settled_at_ < kRemembered;
}

Error Session::silence() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_).count();
  return unavailable("cannot publish", ("the broker has not acknowledged the records within " +
                                        std::to_string(seconds) + " s")
                                           .c_str());
}

Error Session::failure() {
  std::array<char, 512> why{};
  if (rd_kafka_fatal_error(client_.get(), why.data(), why.size()) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unavailable("cannot publish", rd_kafka_err2str(deliveries_.error));
  }
  return unavailable("cannot publish", why.data());
}

class KafkaPublisher final : public EventPublisher {
 public:
  explicit KafkaPublisher(Options options) : options_(std::move(options)) {}
  [[nodiscard]] Result<Cursor> publish(std::span<const Event> events,
                                       Position complete_to) override;
  [[nodiscard]] Status mark(Position after, Position complete_to) override;

 private:
  [[nodiscard]] Result<Cursor> append(std::span<const Event> events, const Watermark& watermark);
  [[nodiscard]] Status write(std::span<const Event> events, const Watermark& watermark,
                             std::vector<std::int64_t>& offsets);

  Options options_;
  std::unique_ptr<Session> session_;  // opened when it is needed
  Record record_;
  std::optional<Position> published_;  // the last watermark that is durable
};

[[nodiscard]] Status check_sizes(std::span<const Event> events) {
  for (const auto& event : events) {
    if (record_bytes(event) <= static_cast<std::size_t>(kMaxRecordBytes)) continue;
    return invalid("data", "event " + to_string(event.event_id) + " at position " +
                               std::to_string(event.position) + " has " +
                               std::to_string(event.data.size()) +
                               " bytes of data, too many for a topic: a record with key and "
                               "headers has at most " +
                               std::to_string(kMaxRecordBytes));
  }
  return {};
}

// The first position behind which everything up to the watermark was published by this call. What
// the last call published counts, too, so that whoever calls may leave positions out.
[[nodiscard]] Position position_before(std::span<const Event> events,
                                       std::optional<Position> published) {
  if (events.empty()) return published.value_or(0);
  const Position before = events.front().position - 1;
  return published ? std::min(*published, before) : before;
}

Result<Cursor> KafkaPublisher::publish(std::span<const Event> events, Position complete_to) {
  CQRS_TRY(check_sizes(events));
  return append(events, {position_before(events, published_), complete_to});
}

Status KafkaPublisher::mark(Position after, Position complete_to) {
  auto done = append({}, {after, complete_to});
  return done ? Status() : Status(done.error());
}

Result<Cursor> KafkaPublisher::append(std::span<const Event> events, const Watermark& watermark) {
  if (session_ == nullptr) {
    auto opened = Session::open(options_);
    if (!opened) return opened.error();
    session_ = std::move(*opened);
  }
  std::vector<std::int64_t> offsets(
      kAllKinds.size() * static_cast<std::size_t>(options_.partitions), kUnknownOffset);
  if (auto status = write(events, watermark, offsets); !status) {
    session_.reset();  // what became of its records is unknown, so nothing may follow them
    return status.error();
  }
  published_ = watermark.complete_to;
  Places places;
  for (const auto offset : offsets) {
    places.push_back({offset + 1, watermark.complete_to, watermark.complete_to});
  }
  return to_cursor(places);
}

Status KafkaPublisher::write(std::span<const Event> events, const Watermark& watermark,
                             std::vector<std::int64_t>& offsets) {
  for (const auto& event : events) {
    encode(event, record_);
    CQRS_TRY(session_->produce({.kind = event.stream.kind,
                                .partition = partition_of(event.stream.id, options_.partitions),
                                .key = record_.key,
                                .value = record_.value,
                                .headers = record_.headers,
                                .time = event.recorded_at}));
  }
  // No watermark may become durable while an event before it in its partition is not. The order of
  // the session sees to that, but for the first records.
  if (!session_->is_known()) CQRS_TRY(session_->settle());
  const std::array<Header, 1> headers{{{kWatermarkHeader, std::to_string(watermark.after)}}};
  const auto value = std::to_string(watermark.complete_to);
  const Timestamp time = events.empty() ? Timestamp{} : events.back().recorded_at;
  for (const Kind kind : kAllKinds) {
    for (int partition = 0; partition < options_.partitions; ++partition) {
      CQRS_TRY(session_->produce(
          {.kind = kind,
           .partition = partition,
           .key = {},
           .value = value,
           .headers = headers,
           .time = time,
           .offset = &offsets[place_index(kind, partition, options_.partitions)]}));
    }
  }
  CQRS_TRY(session_->settle());
  if (std::find(offsets.begin(), offsets.end(), kUnknownOffset) == offsets.end()) return {};
  return unavailable("cannot publish", "the broker does not tell where a record stands");
}

}  // namespace

Result<std::unique_ptr<EventPublisher>> open_publisher(const Options& options) {
  CQRS_TRY(check_options(options));
  return std::unique_ptr<EventPublisher>(std::make_unique<KafkaPublisher>(options));
}

}  // namespace cqrs::kafka
