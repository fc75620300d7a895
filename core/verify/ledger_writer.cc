#include "core/base/crc32.h"
#include "core/base/failpoint.h"
#include "core/verify/ledger.h"
#include "core/verify/ledger_format.h"
#include "core/verify/ledger_lock.h"
#include "core/verify/ledger_progress.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

Error cannot(const char* what, const std::string& path) {
  const int reason = errno;
  return make_error(ErrorCode::kUnavailable,
                    std::string("cannot ") + what + " the ledger " + path + " (" +
                        std::strerror(reason) + "): " +
                        (reason == ENOSPC || reason == EDQUOT
                             ? "free some space on that disk, or put it elsewhere with --ledger"
                             : "look at that disk, or put it elsewhere with --ledger"));
}

class FileLedgerWriter final : public LedgerWriter {
 public:
  // Owns the descriptor. `size`: of the file, which is whole blocks only.
  FileLedgerWriter(int descriptor, std::string path, std::uint64_t size)
      : descriptor_(descriptor), path_(std::move(path)), size_(size) {}
  FileLedgerWriter(const FileLedgerWriter&) = delete;
  FileLedgerWriter& operator=(const FileLedgerWriter&) = delete;
  ~FileLedgerWriter() override {
    (void)sync();
    ::close(descriptor_);
  }

  Status write_header(const WorkloadShape& shape, Timestamp now) {
    std::string header(kMagic);
    put(header, shape.seed);
    put(header, shape.users);
    put(header, shape.products);
    put(header, shape.orders);
    put(header, now.micros);
    put(header, crc32(header));
    CQRS_TRY(write_all(header));
    size_ = header.size();
    return flush_to_disk();
  }

  Status intend(const LedgerIntent& intent) override {
    CQRS_TRY(flush_outcomes());
    std::string payload;
    put(payload, static_cast<std::uint8_t>(intent.kind));
    put(payload, intent.first);
    put(payload, intent.last);
    CQRS_TRY(write_block(kIntentBlock, payload));
    CQRS_TRY(flush_to_disk());
    CQRS_FAILPOINT("ledger.after_intent");
    return {};
  }

  Status record(const LedgerOutcome& outcome) override {
    put(outcomes_, static_cast<std::uint8_t>(outcome.status));
    put(outcomes_, static_cast<std::uint8_t>(outcome.kind));
    put(outcomes_, std::uint16_t{0});
    put(outcomes_, static_cast<std::int32_t>(outcome.version));
    put(outcomes_, outcome.index);
    outcomes_ += outcome.id.view();
    put(outcomes_, outcome.position);
    put(outcomes_, outcome.digest.high);
    put(outcomes_, outcome.digest.low);
    put(outcomes_, outcome.completed_at.micros);
    return outcomes_.size() >= kOutcomesPerBlock * kOutcomeSize ? flush_outcomes() : Status();
  }

  Status sync() override {
    CQRS_TRY(flush_outcomes());
    return flush_to_disk();
  }

 private:
  Status flush_outcomes() {
    if (outcomes_.empty()) return {};
    CQRS_TRY(write_block(kOutcomeBlock, outcomes_));
    outcomes_.clear();
    return {};
  }

  Status write_block(char type, std::string_view payload) {
    block_.clear();
    put(block_, static_cast<std::uint32_t>(payload.size()));
    put(block_, std::uint32_t{0});
    block_ += type;
    block_ += payload;
    const std::uint32_t crc = crc32(std::string_view(block_).substr(8));
    std::memcpy(block_.data() + 4, &crc, sizeof crc);
    return write_whole(block_);
  }

  // All of it or, as far as the disk lets us, nothing. The first failure is the last thing that is
  // tried: nothing may follow half a block.
  Status write_whole(std::string_view bytes) {
    if (!problem_.ok()) return problem_;
    if (auto written = write_halves(bytes); !written) return give_up(written.error());
    size_ += bytes.size();
    return {};
  }

  // In one piece, unless something may happen in the middle of it.
  Status write_halves(std::string_view bytes) {
    if (failpoint::any_armed.load(std::memory_order_relaxed)) {
      CQRS_TRY(write_all(bytes.substr(0, bytes.size() / 2)));
      CQRS_FAILPOINT_TRY("ledger.mid_block", ErrorCode::kUnavailable);
      bytes.remove_prefix(bytes.size() / 2);
    }
    return write_all(bytes);
  }

  Status write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return cannot("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status flush_to_disk() {
    if (!problem_.ok()) return problem_;
    // What was not synced once may look synced the next time: that failure is final, too.
    return ::fdatasync(descriptor_) == 0 ? Status() : give_up(cannot("sync", path_));
  }

  Status give_up(const Error& error) {
    problem_ = error;
    (void)!::ftruncate(descriptor_, static_cast<off_t>(size_));
    return problem_;
  }

  int descriptor_;
  std::string path_;
  std::uint64_t size_;
  std::string outcomes_;
  std::string block_;  // kept for its memory
  Status problem_;
};

Status sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return cannot("sync", path);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced ? Status() : Status(cannot("sync", path));
}

Error already_there(const std::string& path) {
  return make_error(ErrorCode::kAlreadyExists, "there is a ledger at " + path + " already");
}

}  // namespace

// Under a name of its own until the header is whole: a ledger that can be seen can be resumed.
Result<std::unique_ptr<LedgerWriter>> create_ledger(const std::string& path,
                                                    const WorkloadShape& shape, Timestamp now) {
  if (::access(path.c_str(), F_OK) == 0) return already_there(path);
  const std::string draft = path + ".new-" + std::to_string(::getpid());
  const int descriptor =
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot("create", path);
  auto writer = std::make_unique<FileLedgerWriter>(descriptor, path, 0);
  (void)lock_ledger(descriptor);
  const Status header = writer->write_header(shape, now);
  const bool linked = header.ok() && ::link(draft.c_str(), path.c_str()) == 0;
  const int reason = errno;
  ::unlink(draft.c_str());
  if (!header) return header.error();
  errno = reason;
  if (!linked && reason == EEXIST) return already_there(path);
  if (!linked) return cannot("create", path);
  CQRS_TRY(sync_directory_of(path));
  return std::unique_ptr<LedgerWriter>(std::move(writer));
}

Result<ResumedLedger> resume_ledger(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return make_error(ErrorCode::kNotFound, "no ledger at " + path);
  }
  if (descriptor < 0) return cannot("open", path);
  const bool locked = lock_ledger(descriptor);
  auto progress = locked ? LedgerProgress::read(path)
                         : Result<LedgerProgress>(
                               invalid("--ledger", "another cqrsctl is writing to " + path +
                                                       ": wait until it has ended, or stop it"));
  if (!progress) {
    ::close(descriptor);
    return progress.error();
  }
  auto writer = std::make_unique<FileLedgerWriter>(descriptor, path, progress->whole_bytes());
  if (progress->torn_bytes() > 0 &&
      ::ftruncate(descriptor, static_cast<off_t>(progress->whole_bytes())) != 0) {
    return cannot("cut the torn tail of", path);
  }
  CQRS_TRY(writer->sync());
  return ResumedLedger{std::move(*progress), std::move(writer)};
}

}  // namespace cqrs
