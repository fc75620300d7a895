// The event log in Kafka: one topic per kind of aggregate, CloudEvents in binary mode. Layout and
// headers: docs/formats/topics.md.
#pragma once

#include "core/log/event_log.h"
#include "core/log/publisher.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cqrs::kafka {

struct Options {
  std::string brokers;          // host:port[,host:port…]
  std::string prefix = "cqrs";  // topics are PREFIX.user, PREFIX.product, PREFIX.order
  int partitions = 6;           // of each topic; a row's partition is its slice modulo this
  std::chrono::milliseconds delivery_timeout{30'000};  // until publish() gives up
  std::chrono::milliseconds read_wait{100};            // how long read() waits for the first record
};

struct TopicSettings {
  int replication = 1;
  int min_in_sync = 1;
  std::chrono::hours retention{7 * 24};  // 0: for ever
};
struct TopicState {
  std::string name;
  int partitions = 0;
  int replication = 0;
  std::int64_t records = 0;  // between the low and the high watermarks, watermark records included
  std::string cleanup_policy;
  std::string min_in_sync;
  std::string retention_ms;
};

// Creates the topics that are missing and waits until all of them have leaders. Never compacted: a
// compacted topic has gaps. Errors: unavailable, invalid (a topic is there with other partitions,
// or compacted: names it and the way out).
[[nodiscard]] Status ensure_topics(const Options& options, const TopicSettings& settings);
// The topic that a connector needs to show that it is alive: one partition, a day's retention. Not
// one of ensure_topics(). Errors: unavailable, invalid.
[[nodiscard]] std::string heartbeat_topic(const std::string& prefix);
[[nodiscard]] Status ensure_heartbeat_topic(const Options& options, int replication);
[[nodiscard]] Status delete_heartbeat_topic(const Options& options);
// Those of this prefix that exist, by name. Error: unavailable.
[[nodiscard]] Result<std::vector<TopicState>> describe_topics(const Options& options);
// With all that is in them. Error: unavailable.
[[nodiscard]] Status delete_topics(const Options& options);

// Idempotent producer, acks=all. A delivery that times out leaves the producer unknown to us: it is
// destroyed and made anew, as the port's contract allows.
[[nodiscard]] Result<std::unique_ptr<EventPublisher>> open_publisher(const Options& options);

// Records read; may be looked at from any thread. Must outlive the log that counts.
struct ReadCounters {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> watermarks{0};
  std::atomic<std::uint64_t> unreadable{0};  // skipped: whoever wrote them, it was none of us
};

// Reads all partitions of all topics, by assignment, at the offsets in the cursor; no consumer
// group and no committed offsets. Waits up to read_wait for something new. complete_to is the
// smallest watermark over all partitions, kept in the cursor. The empty cursor is the beginning of
// what the topics hold: error not_found when that is not the beginning of the record, as well as
// for a cursor whose offsets have been removed (retention, topic made anew): the reader must go
// back to the record. A record that is neither event nor watermark is skipped and counted.
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_event_log(const Options& options,
                                                               ReadCounters* counters = nullptr);

// The position that a cursor of open_event_log() has complete; 0 for the empty one. Error: corrupt.
[[nodiscard]] Result<Position> complete_to(const Cursor& cursor);

}  // namespace cqrs::kafka
