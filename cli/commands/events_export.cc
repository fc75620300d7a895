#include "core/events/event_file.h"
#include "core/wiring/stores.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::size_t kPage = 1'000;

// Stdout, or a file that gets its name when it is whole: under that name there is never half of
// one.
class Sink {
 public:
  explicit Sink(std::string path) : path_(std::move(path)) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    if (descriptor_ > STDOUT_FILENO) ::close(descriptor_);
    if (!path_.empty() && !done_) ::unlink(temporary().c_str());
  }

  Status open() {
    if (path_.empty()) return {};
    if (::access(path_.c_str(), F_OK) == 0) {
      return invalid("--out", path_ + " is there already: remove it, or choose another --out");
    }
    descriptor_ = ::open(temporary().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor_ < 0) return failed();
    return {};
  }

  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status finish() {
    if (path_.empty()) return {};
    if (::fsync(descriptor_) != 0 || ::rename(temporary().c_str(), path_.c_str()) != 0) {
      return failed();
    }
    done_ = true;
    return {};
  }

 private:
  [[nodiscard]] std::string temporary() const { return path_ + ".partial"; }
  [[nodiscard]] Error failed() const {
    return make_error(ErrorCode::kUnavailable, "cannot write " +
                                                   (path_.empty() ? "to stdout" : temporary()) +
                                                   ": " + std::strerror(errno));
  }

  std::string path_;
  int descriptor_ = STDOUT_FILENO;
  bool done_ = false;
};

struct Range {
  Position from = 1;
  Position to = 0;
};

Result<Range> range_of(const ExportOptions& options, Position head) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max() / 2;
  auto from = parse_count(options.from, "--from", kMost);
  if (!from) return from.error();
  auto to = options.to.empty() ? static_cast<std::uint64_t>(head)
                               : parse_count(options.to, "--to", kMost);
  if (!to) return to.error();
  const Range range{static_cast<Position>(*from), static_cast<Position>(*to)};
  if (range.from < 1 || range.from > head + 1) {
    return invalid("--from", "--from " + options.from + " is no position: there are 1 to " +
                                 std::to_string(head));
  }
  if (range.to > head || range.to < range.from - 1) {
    return invalid("--to", "--to " + options.to + " does not go with --from " + options.from +
                               ": the last event has position " + std::to_string(head));
  }
  return range;
}

// Gives the position of the last event that was written.
Result<Position> write_events(History& history, const Range& range, Sink& sink,
                              EventFileWriter& writer, const Context& context) {
  std::string lines;
  Position at = range.from - 1;
  while (at < range.to && !context.interrupted) {
    const auto left = static_cast<std::size_t>(range.to - at);
    auto events = history.read(at, std::min(kPage, left));
    if (!events) return events.error();
    if (events->empty()) {
      return make_error(ErrorCode::kCorrupt, "there is no event after position " +
                                                 std::to_string(at) + ": run cqrsctl verify");
    }
    lines.clear();
    for (const auto& event : *events) writer.append(lines, event);
    CQRS_TRY(sink.write(lines));
    at = events->back().position;
  }
  lines.clear();
  writer.finish(lines);
  CQRS_TRY(sink.write(lines));
  CQRS_TRY(sink.finish());
  return at;
}

void print(const ExportOptions& options, const Range& range, std::int64_t events,
           Context& context) {
  if (context.json()) {
    context.out << Json{{"events", events},
                        {"from", range.from},
                        {"to", range.to},
                        {"file", options.out}}
                       .dump()
                << "\n";
  } else {
    context.out << grouped(events) << " events, positions " << grouped(range.from) << " to "
                << grouped(range.to) << ", in " << options.out << "\n";
  }
}

}  // namespace

ExitCode run_export(const ExportOptions& options, Context& context) {
  auto history = stored::open_history({context.options.data_dir});
  if (!history) return fail(context, history.error());
  auto head = (*history)->head();
  if (!head) return fail(context, head.error());
  auto range = range_of(options, *head);
  if (!range) return fail(context, range.error());
  Sink sink(options.out);
  if (auto status = sink.open(); !status) return fail(context, status.error());
  EventFileWriter writer;
  auto last = write_events(**history, *range, sink, writer, context);
  if (!last) return fail(context, last.error());
  const bool cut = *last < range->to;
  range->to = *last;
  if (!options.out.empty()) print(options, *range, writer.events(), context);
  if (!cut) return ExitCode::kDone;
  context.err
      << "cqrsctl: interrupted, what is written is a whole part: the rest comes with --from "
      << *last + 1 << "\n";
  return ExitCode::kInterrupted;
}

}  // namespace cqrs
