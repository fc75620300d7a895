// A small system whose events are published to topics by a real relay, for tests that spoil them
// one entry at a time.
#pragma once

#include "core/adapters/memory/topic.h"
#include "core/log/relay.h"
#include "core/verify/topic_edge.h"

#include "tests/unit/verify/small_system.h"

#include <memory>
#include <vector>

namespace cqrs::support {

class PublishedSystem : public SmallSystem {
 protected:
  static constexpr std::size_t kPartitions = 3;

  // Everything that is committed and not published yet.
  void publish() {
    auto history = memory::open_history(record_);
    auto publisher = memory::open_publisher(topic_);
    auto leases = memory::open_leases(leases_);
    Relay relay(*history, *publisher, *leases,
                {"relay", "one", std::chrono::seconds(10), std::chrono::milliseconds(0), 100});
    for (;;) {
      const auto published = relay.step(Relay::Time());
      ASSERT_THAT(published, is_ok());
      if (*published == 0) break;
    }
    relay.stop();
  }
  // Positions 1 … count of users, the first of which is then renamed twice; all published.
  void published_users(std::uint64_t count) {
    users(count);
    execute({rename_user(1, "Eve"), rename_user(1, "Zoe")});
    project();
    publish();
  }

  std::vector<memory::TopicEntry>& partition_at(Position position) {
    return topic_.entries[memory::partition_of(topic_, event_at(position).stream.id)];
  }
  auto entry(Position position) {
    auto& entries = partition_at(position);
    return std::find_if(entries.begin(), entries.end(), [&](const memory::TopicEntry& each) {
      return each.event && each.event->position == position;
    });
  }
  Event& published(Position position) { return *entry(position)->event; }
  void append(const Event& event) {
    topic_.entries[memory::partition_of(topic_, event.stream.id)].push_back({event, 0});
  }

  TopicCheck checked(Position up_to, const std::function<bool()>& keep_waiting = {}) {
    findings_ = Findings();
    auto check = check_topics({*log_, *history_, keep_waiting}, up_to, findings_);
    EXPECT_THAT(check, is_ok());
    return check ? std::move(*check) : TopicCheck();
  }
  TopicCheck checked() { return checked(static_cast<Position>(record_.events.size())); }
  // What checked() found, which must be one thing.
  Finding the_finding() {
    EXPECT_EQ(findings_.total(), 1);
    return findings_.first.empty() ? Finding() : findings_.first.front();
  }
  VerifyInput with_topics(CompareMode mode = CompareMode::kDigests) {
    VerifyInput with = input(mode);
    with.topics = log_.get();
    with.history = history_.get();
    return with;
  }
  static const EdgeReport* edge_of(const VerifyReport& report) {
    for (const auto& edge : report.edges) {
      if (edge.name == "topics = events") return &edge;
    }
    return nullptr;
  }

  memory::MemoryTopic topic_{kPartitions};
  memory::MemoryLeases leases_;
  std::unique_ptr<EventLog> log_ = memory::open_topic_log(topic_);
  std::unique_ptr<History> history_ = memory::open_history(record_);
  Findings findings_;
};

}  // namespace cqrs::support
