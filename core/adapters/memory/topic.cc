#include "core/adapters/memory/topic.h"

#include "core/base/hash.h"

#include <algorithm>
#include <limits>
#include <sstream>

namespace cqrs::memory {
namespace {

// Where a reader stands in one partition.
struct Place {
  std::size_t offset = 0;
  Position watermark = 0;
};

Result<std::vector<Place>> places_of(const Cursor& cursor, std::size_t partitions) {
  std::vector<Place> places(partitions);
  if (cursor.text.empty()) return places;
  std::istringstream text(cursor.text);
  for (auto& place : places) {
    char between = 0;
    if (!(text >> place.offset >> between >> place.watermark)) {
      return make_error(ErrorCode::kCorrupt, "cursor \"" + cursor.text + "\" is not of this topic");
    }
  }
  return places;
}

Cursor cursor_of(const std::vector<Place>& places) {
  Cursor cursor;
  for (const auto& place : places) {
    cursor.text += (cursor.text.empty() ? "" : " ") + std::to_string(place.offset) + ":" +
                   std::to_string(place.watermark);
  }
  return cursor;
}

Position complete(const std::vector<Place>& places) {
  Position least = std::numeric_limits<Position>::max();
  for (const auto& place : places) least = std::min(least, place.watermark);
  return places.empty() ? 0 : least;
}

class MemoryPublisher final : public EventPublisher {
 public:
  MemoryPublisher(MemoryTopic& topic, PublishPlan plan) : topic_(topic), plan_(std::move(plan)) {}

  Result<Cursor> publish(std::span<const Event> events, Position complete_to) override {
    std::size_t left = events.size() + topic_.entries.size();
    const auto cut = plan_ ? plan_(left) : std::optional<std::size_t>();
    if (cut) left = *cut;
    const auto append = [&](std::size_t partition, TopicEntry entry) {
      if (left == 0) return;
      --left;
      topic_.entries[partition].push_back(std::move(entry));
    };
    for (const auto& event : events) append(partition_of(topic_, event.stream.id), {event, 0});
    for (std::size_t i = 0; i < topic_.entries.size(); ++i) append(i, {std::nullopt, complete_to});
    if (cut) return make_error(ErrorCode::kUnavailable, "publish: planned fault");
    std::vector<Place> places;
    for (const auto& entries : topic_.entries) places.push_back({entries.size(), complete_to});
    return cursor_of(places);
  }

  Status mark(Position /*after*/, Position complete_to) override {
    auto done = publish({}, complete_to);
    return done ? Status() : Status(done.error());
  }

 private:
  MemoryTopic& topic_;
  PublishPlan plan_;
};

class MemoryTopicLog final : public EventLog {
 public:
  explicit MemoryTopicLog(MemoryTopic& topic) : topic_(topic) {}

  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    auto places = places_of(cursor, topic_.entries.size());
    if (!places) return places.error();
    LogPage page;
    for (std::size_t i = 0; i < places->size(); ++i) {
      Place& place = (*places)[i];
      const auto& entries = topic_.entries[i];
      if (place.offset < topic_.removed[i] || place.offset > entries.size()) {
        return make_error(ErrorCode::kNotFound, "the topic has lost what the cursor needs");
      }
      for (; place.offset < entries.size() && page.events.size() < max; ++place.offset) {
        const TopicEntry& entry = entries[place.offset];
        if (entry.event) page.events.push_back(*entry.event);
        place.watermark = std::max(place.watermark, entry.watermark);
      }
    }
    page.complete_to = complete(*places);
    page.next = cursor_of(*places);
    return page;
  }

 private:
  MemoryTopic& topic_;
};

}  // namespace

std::size_t partition_of(const MemoryTopic& topic, const Uuid& id) {
  return static_cast<std::size_t>(slice_of(id)) % topic.entries.size();
}

std::unique_ptr<EventPublisher> open_publisher(MemoryTopic& topic, PublishPlan plan) {
  return std::make_unique<MemoryPublisher>(topic, std::move(plan));
}

std::unique_ptr<EventLog> open_topic_log(MemoryTopic& topic) {
  return std::make_unique<MemoryTopicLog>(topic);
}

Result<Position> complete_to(const Cursor& cursor) {
  if (cursor.text.empty()) return Position{0};
  const auto partitions = std::count(cursor.text.begin(), cursor.text.end(), ':');
  auto places = places_of(cursor, static_cast<std::size_t>(partitions));
  if (!places) return places.error();
  return complete(*places);
}

}  // namespace cqrs::memory
