#include "core/events/event_file.h"
#include "core/wiring/embedded.h"
#include "core/wiring/stores.h"
#include "core/write/event_import.h"

#include "cli/commands/commands.h"
#include "cli/output/units.h"

#include <chrono>
#include <filesystem>
#include <fstream>

namespace cqrs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 2'000;
constexpr std::size_t kLineMax = 16U << 20U;

// The lines of a file, none of them longer than the limit.
class Lines {
 public:
  explicit Lines(const std::string& path) : file_(path, std::ios::binary) {}
  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  [[nodiscard]] std::int64_t number() const { return number_; }
  // False at the end. A line without its line end is one that was cut.
  [[nodiscard]] Result<bool> next(std::string& line) {
    line.clear();
    ++number_;
    while (buffer_.find('\n', searched_) == std::string::npos) {
      searched_ = buffer_.size();
      if (buffer_.size() > kLineMax) {
        return invalid("",
                       "is longer than " + grouped(static_cast<std::int64_t>(kLineMax)) + " bytes");
      }
      if (!fill()) {
        if (buffer_.empty()) return false;
        return invalid("", "was cut off");
      }
    }
    const auto end = buffer_.find('\n', searched_);
    line.assign(buffer_, 0, end);
    buffer_.erase(0, end + 1);
    searched_ = 0;
    return true;
  }

 private:
  bool fill() {
    std::string piece(64U << 10U, '\0');
    file_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    buffer_.append(piece, 0, static_cast<std::size_t>(file_.gcount()));
    return file_.gcount() > 0;
  }

  std::ifstream file_;
  std::string buffer_;
  std::size_t searched_ = 0;
  std::int64_t number_ = 0;
};

// A directory inside the data directory in which the new write store grows. Whatever is left there
// by a kill is removed by the next import.
class Workshop {
 public:
  explicit Workshop(const DataDir& dir) : dir_{dir.root + "/import"} {}
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(dir_.root, ignored);
  }
  [[nodiscard]] const DataDir& dir() const { return dir_; }
  Status open() const {
    std::error_code error;
    fs::remove_all(dir_.root, error);
    if (error) {
      return make_error(ErrorCode::kUnavailable,
                        "cannot remove " + dir_.root + ": " + error.message());
    }
    return create_directory(dir_.root);
  }

 private:
  DataDir dir_;
};

class Import {
 public:
  Import(const std::vector<std::string>& files, WriteStore& store, Context& context)
      : files_(files), import_(store), context_(context) {}

  Status run() {
    for (const auto& path : files_) CQRS_TRY(read(path));
    return {};
  }
  [[nodiscard]] Position events() const { return import_.head(); }
  [[nodiscard]] std::int64_t count(Kind kind) const {
    const auto at = import_.entities().find(kind);
    return at == import_.entities().end() ? 0 : at->second;
  }

 private:
  Status read(const std::string& path) {
    Lines lines(path);
    if (!lines.is_open()) return invalid("FILE", "cannot read " + path + ": give an exported file");
    EventFileReader reader;
    std::string line;
    for (;;) {
      auto more = lines.next(line);
      if (!more) return blame_first(path, lines.number(), more.error());
      if (!*more) break;
      if (context_.interrupted) {
        return make_error(ErrorCode::kTimeout, "interrupted: nothing was imported");
      }
      Event event;
      auto is_event = reader.take(line, event);
      if (!is_event) return blame_first(path, lines.number(), is_event.error());
      if (!*is_event) continue;
      batch_.push_back(std::move(event));
      line_numbers_.push_back(lines.number());
      if (batch_.size() >= kBatch) CQRS_TRY(flush(path));
    }
    CQRS_TRY(flush(path));
    if (reader.complete()) return {};
    return invalid("FILE", path +
                               " ends without the line that says how many events it has, so it "
                               "was cut off: export it again");
  }

  // What is wrong in the lines before comes first: it may be why the last line does not agree.
  Status blame_first(const std::string& path, std::int64_t line, const Error& error) {
    CQRS_TRY(flush(path));
    return blame(path, line, error);
  }

  Status flush(const std::string& path) {
    const auto problem = import_.add(batch_);
    if (problem) {
      return problem->index ? Status(blame(path, line_numbers_.at(*problem->index), problem->error))
                            : Status(problem->error);
    }
    batch_.clear();
    line_numbers_.clear();
    if (std::chrono::steady_clock::now() >= next_line_) {
      next_line_ = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      context_.say("checked " + grouped(import_.head()) + " events");
    }
    return {};
  }

  static Error blame(const std::string& path, std::int64_t line, const Error& error) {
    return invalid(error.field, path + ", line " + std::to_string(line) +
                                    (error.field.empty() ? "" : ", " + error.field) + ": " +
                                    error.message + ": nothing was imported, export it again");
  }

  const std::vector<std::string>& files_;
  EventImport import_;
  Context& context_;
  std::vector<Event> batch_;
  std::vector<std::int64_t> line_numbers_;
  std::chrono::steady_clock::time_point next_line_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(5);
};

Status must_be_empty(const DataDir& dir) {
  CQRS_TRY(stored::must_be_embedded(dir, "events import", "choose another --data-dir"));
  std::error_code ignored;
  if (!fs::exists(dir.write_db(), ignored)) return {};
  auto history = embedded::open_history(dir);
  if (!history) return history.error();
  auto head = (*history)->head();
  if (!head) return head.error();
  if (*head == 0) return {};
  return make_error(ErrorCode::kAlreadyExists,
                    dir.root + " holds " + grouped(*head) +
                        " events already, and two histories cannot become one: choose an empty "
                        "--data-dir");
}

void print(const Import& work, bool executed, const DataDir& dir, Context& context) {
  const auto users = work.count(Kind::kUser);
  const auto products = work.count(Kind::kProduct);
  const auto orders = work.count(Kind::kOrder);
  if (context.json()) {
    context.out << Json{{"verdict", executed ? "pass" : "planned"},
                        {"executed", executed},
                        {"events", work.events()},
                        {"users", users},
                        {"products", products},
                        {"orders", orders}}
                       .dump()
                << "\n";
    return;
  }
  context.out << "checked     " << grouped(work.events()) << " events of " << grouped(users)
              << " users, " << grouped(products) << " products and " << grouped(orders)
              << " orders: whole, in order, readable, unique\n";
  if (executed) {
    context.out << "imported    into " << dir.root << "\n"
                << "next        cqrsctl --data-dir " << dir.root
                << " up, then verify --mode deep in the same way\n";
  } else {
    context.out << "plan (nothing was kept; add --execute to carry it out)\n"
                << "  write them into " << dir.root << " as they are; cqrsctl up fills the views\n";
  }
}

Result<ExitCode> import_files(const ImportOptions& options, const DataDir& dir, Context& context) {
  CQRS_TRY(must_be_empty(dir));
  const Workshop workshop(dir);
  CQRS_TRY(workshop.open());
  auto store = embedded::open_write_store(workshop.dir());
  if (!store) return store.error();
  Import work(options.files, **store, context);
  CQRS_TRY(work.run());
  store->reset();  // closed, the database is one file
  if (options.execute) CQRS_TRY(embedded::install_write_store(workshop.dir(), dir));
  print(work, options.execute, dir, context);
  return ExitCode::kDone;
}

}  // namespace

ExitCode run_import(const ImportOptions& options, Context& context) {
  const DataDir dir{context.options.data_dir};
  std::error_code ignored;
  const bool was_there = fs::exists(dir.root, ignored);
  auto lock = DataDirLock::acquire(dir);
  if (!lock) return fail(context, lock.error());
  auto done = import_files(options, dir, context);
  if (!was_there && (!done || !options.execute)) {
    fs::remove(dir.lock_file(), ignored);
    fs::remove(dir.root, ignored);  // only when nothing is in it
  }
  if (done) return *done;
  return context.interrupted ? fail(context, done.error(), ExitCode::kInterrupted)
                             : fail(context, done.error());
}

}  // namespace cqrs
