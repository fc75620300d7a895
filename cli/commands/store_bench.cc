#include "cli/commands/store_bench.h"

#include "core/events/codec.h"
#include "core/log/table_tail.h"
#include "core/project/projector.h"
#include "core/workload/commands.h"
#include "core/write/command_handler.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kPage = 2'000;  // events per page, as the service's projectors read
constexpr std::size_t kDiskFile = 16ULL << 20U;  // about what a WAL reuses between checkpoints

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// Group after group of one workload per round trip through the kinds, so that every order finds
// its user and products: users, products, orders, and again under the next seed.
class Groups {
 public:
  Groups(std::uint64_t seed, std::size_t group) : seed_(seed), group_(group) {}
  struct Group {
    Generator generator;
    Kind kind;
  };
  [[nodiscard]] Group next() {
    const WorkloadShape shape{seed_ + turn_ / kAllKinds.size(), group_, group_, group_};
    return {Generator(shape), kAllKinds.at(turn_++ % kAllKinds.size())};
  }
  // Whether every kind had its turn equally often.
  [[nodiscard]] bool even() const { return turn_ > 0 && turn_ % kAllKinds.size() == 0; }

 private:
  std::uint64_t seed_;
  std::size_t group_;
  std::size_t turn_ = 0;
};

std::vector<Event> ready_events(const Groups::Group& group, std::size_t count, UuidV7Source& ids,
                                Timestamp now) {
  std::vector<Event> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    const EventBody body = created_event(group.generator, group.kind, i);
    Event& event = events[i];
    event.event_id = ids.next(now.millis());
    event.stream = {group.kind, group.generator.id(group.kind, i)};
    event.version = 1;
    event.type = event_type(body);
    event.schema_version = schema_version(body);
    event.recorded_at = now;
    append_event_data(event.data, body);
  }
  return events;
}

Error disk_error(const std::string& path) {
  return make_error(ErrorCode::kUnavailable, "cannot write " + path + ": " + std::strerror(errno));
}

struct File {
  explicit File(const std::string& path)
      : descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
  [[nodiscard]] bool write_at(const std::string& bytes, std::size_t offset) const {
    return ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(bytes.size());
  }
  int descriptor;
};

}  // namespace

Result<double> StoreBench::disk() {
  CQRS_TRY(create_directory(options_.directory));
  const std::string path = options_.directory + "/disk";
  const File file(path);
  if (file.descriptor < 0 || !file.write_at(std::string(kDiskFile, '\0'), 0) ||
      ::fsync(file.descriptor) != 0) {
    return disk_error(path);
  }
  Groups groups(options_.seed, options_.group);
  UuidV7Source ids(options_.seed);
  const Timestamp now = SystemClock().now();
  std::size_t offset = 0;
  std::uint64_t count = 0;
  double spent = 0;
  while (!over(spent) || !groups.even()) {
    std::string bytes;
    for (const auto& event : ready_events(groups.next(), options_.group, ids, now)) {
      bytes += event.data;
    }
    if (bytes.size() > kDiskFile) bytes.resize(kDiskFile);
    if (offset + bytes.size() > kDiskFile) offset = 0;
    const auto started = Steady::now();
    if (!file.write_at(bytes, offset) || ::fdatasync(file.descriptor) != 0) {
      return disk_error(path);
    }
    spent += seconds_since(started);
    offset += bytes.size();
    count += options_.group;
  }
  return rate(count, spent);
}

Result<double> StoreBench::append() {
  const DataDir dir{options_.directory + "/log"};
  CQRS_TRY(create_directory(dir.root));
  auto opened = embedded::open_write_store(dir);
  if (!opened) return opened.error();
  Groups groups(options_.seed, options_.group);
  UuidV7Source ids(options_.seed);
  const SystemClock clock;
  std::uint64_t count = 0;
  double spent = 0;
  while (!over(spent) || !groups.even()) {
    Changes changes;
    changes.events = ready_events(groups.next(), options_.group, ids, clock.now());
    const auto started = Steady::now();
    CQRS_TRY((*opened)->transact({}, [&](const Loaded& loaded) {
      Position at = loaded.head;
      for (auto& event : changes.events) event.position = ++at;
      return std::move(changes);
    }));
    spent += seconds_since(started);
    count += options_.group;
  }
  return rate(count, spent);
}

Result<double> StoreBench::commit() {
  CQRS_TRY(create_directory(store().root));
  auto opened = embedded::open_write_store(store());
  if (!opened) return opened.error();
  const SystemClock clock;
  CommandHandler handler(**opened, clock, options_.seed);
  Groups groups(options_.seed, options_.group);
  std::uint64_t count = 0;
  double spent = 0;
  while (!over(spent) || !groups.even()) {
    const auto group = groups.next();
    std::vector<Command> batch;
    for (std::size_t i = 0; i < options_.group; ++i) {
      batch.push_back(create_command(group.generator, group.kind, i));
    }
    const auto started = Steady::now();
    const auto outcomes = handler.execute(batch);
    spent += seconds_since(started);
    for (const auto& outcome : outcomes) {
      if (!outcome) return outcome.error();
    }
    count += batch.size();
  }
  return rate(count, spent);
}

Result<double> StoreBench::read() {
  auto history = embedded::open_history(store());
  if (!history) return history.error();
  TableTail tail(**history);
  Cursor cursor;
  std::uint64_t count = 0;
  const auto started = Steady::now();
  for (;;) {
    auto page = tail.read(cursor, kPage);
    if (!page) return page.error();
    if (page->events.empty() || over(seconds_since(started))) break;
    count += page->events.size();
    cursor = page->next;
  }
  return rate(count, seconds_since(started));
}

Result<double> StoreBench::apply() {
  constexpr int kGeneration = 2;
  auto log = embedded::open_history(store());
  if (!log) return log.error();
  auto record = embedded::open_history(store());
  if (!record) return record.error();
  auto views = embedded::open_projection(store(), kGeneration);
  if (!views) return views.error();
  TableTail tail(**log);
  Projector projector(tail, **record, **views);
  CQRS_TRY(projector.start());
  std::uint64_t count = 0;
  const auto started = Steady::now();
  for (;;) {
    auto applied = projector.step(kPage);
    if (!applied) return applied.error();
    count += *applied;
    if (*applied == 0 || over(seconds_since(started))) break;
  }
  const double spent = seconds_since(started);
  if (projector.counters().parked > 0) {
    return make_error(ErrorCode::kInternal, "the projector parked events of the workload");
  }
  return rate(count, spent);
}

}  // namespace cqrs
