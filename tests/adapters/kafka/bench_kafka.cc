// Prints how many events a second go through a real broker and come back: 100,000 events like those
// of `seed`, published in calls of 2,000, then read in pages of 2,000; medians of 3 runs.
#include "core/adapters/kafka/log.h"
#include "core/base/check.h"

#include "tests/support/builders.h"
#include "tests/support/parts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace cqrs;  // NOLINT(google-build-using-namespace)

constexpr Position kEvents = 100'000;
constexpr Position kCall = 2'000;

std::vector<Event> make_events() {
  std::vector<Event> events;
  for (Position position = 1; position <= kEvents; ++position) {
    const auto number = static_cast<std::uint64_t>(position % 20'000);
    auto event = support::an_event(position, support::user_key(number), position / 20'000 + 1,
                                   support::user_created(number));
    // All kinds in turn: the bytes of the data do not matter here, their number does.
    event.stream.kind = kAllKinds[number % kAllKinds.size()];
    event.type = std::string(kind_name(event.stream.kind)) + ".created";
    event.event_id = support::an_id(Kind::kOrder, static_cast<std::uint64_t>(position));
    event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    events.push_back(std::move(event));
  }
  return events;
}

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "bench_kafka: %s\n", what);
  std::exit(1);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double publish_all(const kafka::Options& options, const std::vector<Event>& events) {
  auto publisher = kafka::open_publisher(options);
  require(publisher.ok(), "no publisher");
  const auto start = std::chrono::steady_clock::now();
  for (Position done = 0; done < kEvents; done += kCall) {
    const std::span call(events.data() + done, static_cast<std::size_t>(kCall));
    auto cursor = (*publisher)->publish(call, done + kCall);
    require(cursor.ok(), "publish() failed");
  }
  return static_cast<double>(kEvents) / seconds_since(start);
}

double read_all(const kafka::Options& options) {
  auto log = kafka::open_event_log(options);
  require(log.ok(), "no log");
  const auto start = std::chrono::steady_clock::now();
  Cursor cursor;
  std::size_t seen = 0;
  for (Position complete = 0; complete < kEvents;) {
    auto page = (*log)->read(cursor, 2'000);
    require(page.ok(), "read() failed");
    seen += page->events.size();
    cursor = page->next;
    complete = page->complete_to;
  }
  const double took = seconds_since(start);
  require(seen == static_cast<std::size_t>(kEvents), "not every event came back");
  return static_cast<double>(kEvents) / took;
}

}  // namespace

int main() {
  const auto events = make_events();
  std::array<double, 3> published{};
  std::array<double, 3> read{};
  for (std::size_t i = 0; i < published.size(); ++i) {
    kafka::Options options;
    options.brokers = support::parts().kafka;
    options.prefix = support::fresh_namespace();
    require(kafka::ensure_topics(options, {}).ok(), "no topics");
    published[i] = publish_all(options, events);
    read[i] = read_all(options);
    std::printf("run %zu: published %.0f/s, read %.0f/s\n", i + 1, published[i], read[i]);
    require(kafka::delete_topics(options).ok(), "topics stay");
  }
  std::sort(published.begin(), published.end());
  std::sort(read.begin(), read.end());
  std::printf("median: published %.0f events/s, read %.0f events/s\n", published[1], read[1]);
}
