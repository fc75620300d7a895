#include "core/base/crc32.h"
#include "core/base/failpoint.h"
#include "core/verify/block_file.h"
#include "core/verify/ledger_format.h"
#include "core/verify/ledger_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

Status sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return ledger_problem("sync", path);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced ? Status() : Status(ledger_problem("sync", path));
}

Error already_there(const std::string& path) {
  return make_error(ErrorCode::kAlreadyExists, "there is a ledger at " + path + " already");
}

}  // namespace

Error ledger_problem(const char* what, const std::string& path) {
  const int reason = errno;
  return make_error(ErrorCode::kUnavailable,
                    std::string("cannot ") + what + " the ledger " + path + " (" +
                        std::strerror(reason) + "): " +
                        (reason == ENOSPC || reason == EDQUOT
                             ? "free some space on that disk, or put it elsewhere with --ledger"
                             : "look at that disk, or put it elsewhere with --ledger"));
}

BlockWriter::BlockWriter(int descriptor, std::string path, std::uint64_t size)
    : descriptor_(descriptor), path_(std::move(path)), size_(size) {}

BlockWriter::~BlockWriter() {
  (void)sync();
  ::close(descriptor_);
}

Status BlockWriter::write(char type, std::string_view payload) {
  block_.clear();
  ledger_format::put(block_, static_cast<std::uint32_t>(payload.size()));
  ledger_format::put(block_, std::uint32_t{0});
  block_ += type;
  block_ += payload;
  const std::uint32_t crc = crc32(std::string_view(block_).substr(8));
  std::memcpy(block_.data() + 4, &crc, sizeof crc);
  return write_whole(block_);
}

Status BlockWriter::write_whole(std::string_view bytes) {
  if (!problem_.ok()) return problem_;
  if (auto written = write_halves(bytes); !written) return give_up(written.error());
  size_ += bytes.size();
  return {};
}

// In one piece, unless something may happen in the middle of it.
Status BlockWriter::write_halves(std::string_view bytes) {
  if (failpoint::any_armed.load(std::memory_order_relaxed)) {
    CQRS_TRY(write_all(bytes.substr(0, bytes.size() / 2)));
    CQRS_FAILPOINT_TRY("ledger.mid_block", ErrorCode::kUnavailable);
    bytes.remove_prefix(bytes.size() / 2);
  }
  return write_all(bytes);
}

Status BlockWriter::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ledger_problem("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status BlockWriter::sync() {
  if (!problem_.ok()) return problem_;
  // What was not synced once may look synced the next time: that failure is final, too.
  return ::fdatasync(descriptor_) == 0 ? Status() : give_up(ledger_problem("sync", path_));
}

Status BlockWriter::give_up(const Error& error) {
  problem_ = error;
  (void)!::ftruncate(descriptor_, static_cast<off_t>(size_));
  return problem_;
}

// Under a name of its own until the header is whole: a ledger that can be seen can be resumed.
Result<std::unique_ptr<BlockWriter>> create_block_file(const std::string& path,
                                                       std::string_view header) {
  if (::access(path.c_str(), F_OK) == 0) return already_there(path);
  const std::string draft = path + ".new-" + std::to_string(::getpid());
  const int descriptor =
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return ledger_problem("create", path);
  auto writer = std::make_unique<BlockWriter>(descriptor, path, 0);
  (void)lock_ledger(descriptor);
  Status written = writer->write_all(header);
  writer->size_ = header.size();
  if (written.ok()) written = writer->sync();
  const bool linked = written.ok() && ::link(draft.c_str(), path.c_str()) == 0;
  const int reason = errno;
  ::unlink(draft.c_str());
  if (!written) return written.error();
  errno = reason;
  if (!linked && reason == EEXIST) return already_there(path);
  if (!linked) return ledger_problem("create", path);
  CQRS_TRY(sync_directory_of(path));
  return writer;
}

}  // namespace cqrs
