// A log of partitions and leases in memory, for tests and simulations of whatever publishes and
// follows them. Like stores.h: what is durable outlives what is opened on it.
#pragma once

#include "core/adapters/memory/stores.h"
#include "core/log/lease.h"
#include "core/log/publisher.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::memory {

struct TopicEntry {
  std::optional<Event> event;  // nothing: a watermark
  Position watermark = 0;
};

struct MemoryTopic {
  explicit MemoryTopic(std::size_t partitions) : entries(partitions), removed(partitions) {}
  std::vector<std::vector<TopicEntry>> entries;
  std::vector<std::size_t> removed;  // retention took so many from the front
};

struct MemoryLeases {
  struct Lease {
    std::string owner;
    std::int64_t epoch = 0;
    std::int64_t until = 0;  // on `now`'s clock, milliseconds
    Published published;
    std::vector<Published> marks;
  };
  std::int64_t now = 0;
  std::map<std::string, Lease> leases;
};

// How many of the entries that publish() wants to append are appended before it fails; nothing: all
// of them, and it succeeds.
using PublishPlan = std::function<std::optional<std::size_t>(std::size_t entries)>;

[[nodiscard]] std::size_t partition_of(const MemoryTopic& topic, const Uuid& id);
[[nodiscard]] std::unique_ptr<EventPublisher> open_publisher(MemoryTopic& topic,
                                                             PublishPlan plan = {});
[[nodiscard]] std::unique_ptr<EventLog> open_topic_log(MemoryTopic& topic);
// Of a cursor of that log.
[[nodiscard]] Result<Position> complete_to(const Cursor& cursor);
[[nodiscard]] std::unique_ptr<LeaseStore> open_leases(MemoryLeases& leases, FaultPlan plan = {});

}  // namespace cqrs::memory
