// A system with Debezium in place of the relay, its connector and its slot.
#pragma once

#include "core/wiring/standard.h"

#include "tests/standard/standard_system.h"
#include "tests/support/parts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace cqrs::e2e {

// A worker that was killed is missed by its group for some seconds, and the slot's session too.
inline constexpr std::chrono::seconds kRecovery{90};

class Cdc : public testing::Test {
 protected:
  explicit Cdc(ReadStoreKind read = ReadStoreKind::kRedis) : system_(read, RelayKind::kCdc) {}
  static void SetUpTestSuite() { run_parts({"up", "--only", "connect"}); }
  void TearDown() override { run_parts({"up", "--only", "connect"}); }

  void seed(const std::string& number, const std::string& count, const Words& how = {}) const {
    Words words{"seed", "--seed", number, "--users", count, "--products", count, "--orders", count};
    words.insert(words.end(), how.begin(), how.end());
    const Json seeded = system_.ctl_json(words, 0, std::chrono::seconds(90));
    EXPECT_EQ(seeded.value("lost", -1), 0) << seeded;
  }

  // As seed does, without waiting until it is to be seen.
  void write(const std::string& name, int count) const {
    for (int i = 0; i < count; ++i) {
      const auto answer = system_.ask(
          "POST", "/v1/users",
          R"({"email":")" + name + std::to_string(i) + R"(@example.com","name":"Ada"})");
      ASSERT_EQ(answer.status, 201) << answer.body;
    }
  }
  [[nodiscard]] bool published_all() const {
    return relay_metric("cqrs_published_position") >= static_cast<double>(system_.record_head());
  }

  // The value of a metric of the relay role; -1: it does not tell.
  [[nodiscard]] double relay_metric(const std::string& name) const {
    const std::string text = relay("/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  [[nodiscard]] load::SimpleResponse relay(const std::string& target) const {
    const Json run = Json::parse(read_text(system_.file("run.json")));
    for (const auto& process : run.at("processes")) {
      if (process.value("role", "") != "relay") continue;
      const auto endpoint = load::parse_endpoint(process.value("url", ""));
      auto answer = load::fetch(*endpoint, "GET", target, {}, std::chrono::seconds(5));
      if (answer) return *answer;
    }
    return {};
  }

  [[nodiscard]] std::unique_ptr<CaptureSlot> slot() const {
    return std::move(standard::open_capture_slot(system_.servers()).value());
  }
  [[nodiscard]] std::string slot_name() const {
    return standard::connector_name(system_.servers());
  }
  [[nodiscard]] std::unique_ptr<Connector> connector() const {
    return std::move(
        standard::open_connector(system_.servers(), standard::Patience::kWait).value());
  }
  // The server ends the session of a killed worker by itself, after a moment.
  void drop_slot() const {
    Status removed;
    EXPECT_TRUE(wait_until(
        [&] {
          removed = slot()->remove();
          return removed.ok();
        },
        kRecovery))
        << removed.error().message;
  }

  [[nodiscard]] bool connector_runs() const {
    auto look = connector()->look();
    return look && look->state == ConnectorState::kRunning && !look->outdated;
  }

  // In the topics, from their beginning: every event, the first occurrences of each entity in
  // order.
  void expect_topics_whole() const {
    auto topics = std::move(standard::open_topics(system_.servers()).value());
    std::map<Uuid, std::int64_t> versions;
    std::int64_t first = 0;
    Cursor cursor;
    const auto give_up = std::chrono::steady_clock::now() + kRecovery;
    for (Position complete = 0; complete < system_.record_head();) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "complete up to " << complete;
      auto page = topics->read(cursor, 4'000);
      ASSERT_TRUE(page.ok()) << page.error().message;
      for (const auto& event : page->events) {
        auto& version = versions[event.stream.id];
        EXPECT_LE(event.version, version + 1) << to_string(event.stream.id);
        if (event.version != version + 1) continue;
        version = event.version;
        ++first;
      }
      cursor = page->next;
      complete = page->complete_to;
    }
    EXPECT_EQ(first, system_.record_head());
  }

  StandardSystem system_;
};

}  // namespace cqrs::e2e
