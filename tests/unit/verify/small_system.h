// A whole system in memory that tests of verify spoil: real command handler, real projector.
#pragma once

#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/verify/verify.h"
#include "core/write/command_handler.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"
#include "tests/unit/verify/memory_sources.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cqrs::support {

class SmallSystem : public testing::Test {
 protected:
  void execute(const std::vector<Command>& commands) {
    auto store = memory::open_write_store(record_);
    CommandHandler handler(*store, clock_, ++handlers_);  // each with event ids of its own
    for (const auto& outcome : handler.execute(commands)) ASSERT_THAT(outcome, is_ok());
  }
  void project() {
    auto history = memory::open_history(record_);
    auto gaps = memory::open_history(record_);
    auto store = memory::open_projection_store(views_);
    TableTail tail(*history);
    Projector projector(tail, *gaps, *store);
    ASSERT_THAT(projector.start(), is_ok());
    for (;;) {
      auto applied = projector.step(1'000);
      ASSERT_THAT(applied, is_ok());
      if (*applied == 0) return;
    }
  }
  // Users 1 … count, applied: positions 1 … count.
  void users(std::uint64_t count) {
    for (std::uint64_t i = 1; i <= count; ++i) execute({create_user(i)});
    project();
  }

  [[nodiscard]] VerifyInput input(CompareMode mode = CompareMode::kDeep) {
    VerifyInput input;
    input.streams = &streams_;
    input.views = &view_source_;
    input.record = &audit_;
    input.checks.mode = mode;
    return input;
  }
  [[nodiscard]] VerifyReport verified(const VerifyInput& input) {
    auto report = verify(input);
    EXPECT_THAT(report, is_ok());
    return report ? std::move(*report) : VerifyReport();
  }
  [[nodiscard]] VerifyReport verified() { return verified(input()); }
  [[nodiscard]] VerifyReport verified_as_of(Position cut) {
    VerifyInput as_of = input();
    as_of.as_of = cut;
    return verified(as_of);
  }

  Event& event_at(Position position) {
    return *std::find_if(record_.events.begin(), record_.events.end(),
                         [&](const Event& event) { return event.position == position; });
  }
  void lose_event(Position position) {
    std::erase_if(record_.events, [&](const Event& event) { return event.position == position; });
  }
  // Once more, at the end.
  void repeat_event(Position position) {
    Event copy = event_at(position);
    copy.position = static_cast<Position>(record_.events.size()) + 1;
    record_.events.push_back(copy);
  }
  void swap_events(Position first, Position second) {
    Event& one = event_at(first);
    Event& other = event_at(second);
    std::swap(one.position, other.position);
  }
  ViewRow& row(std::uint64_t user) { return views_.rows.at(user_key(user)); }
  StreamRecord& stream(std::uint64_t user) { return record_.streams.at(user_key(user)); }

  memory::MemoryRecord record_;
  std::uint64_t handlers_ = 0;
  memory::MemoryViews views_;
  ManualClock clock_{kNow};
  BeforeRead before_ = [](const std::string&) {};
  MemoryStreams streams_{record_, before_};
  MemoryViewSource view_source_{views_, before_};
  MemoryAudit audit_{record_, before_};
};

}  // namespace cqrs::support
