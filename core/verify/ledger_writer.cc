#include "core/base/crc32.h"
#include "core/base/failpoint.h"
#include "core/verify/ledger.h"
#include "core/verify/ledger_format.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

class FileLedgerWriter final : public LedgerWriter {
 public:
  FileLedgerWriter(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}
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
    std::string checked(1, type);
    checked += payload;
    std::string block;
    put(block, static_cast<std::uint32_t>(payload.size()));
    put(block, crc32(checked));
    block += checked;
    std::string_view rest(block);
    if (failpoint::any_armed.load(std::memory_order_relaxed)) {
      CQRS_TRY(write_all(rest.substr(0, rest.size() / 2)));
      CQRS_FAILPOINT_TRY("ledger.mid_block", ErrorCode::kUnavailable);
      rest.remove_prefix(rest.size() / 2);
    }
    return write_all(rest);
  }

  Status write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed("write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status flush_to_disk() {
    return ::fdatasync(descriptor_) == 0 ? Status() : Status(failed("sync"));
  }

  [[nodiscard]] Error failed(const char* what) const {
    return make_error(ErrorCode::kUnavailable, std::string("cannot ") + what + " the ledger " +
                                                   path_ + ": " + std::strerror(errno));
  }

  int descriptor_;
  std::string path_;
  std::string outcomes_;
};

}  // namespace

Result<std::unique_ptr<LedgerWriter>> create_ledger(const std::string& path,
                                                    const WorkloadShape& shape, Timestamp now) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == EEXIST) {
    return make_error(ErrorCode::kAlreadyExists, "there is a ledger at " + path + " already");
  }
  if (descriptor < 0) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot create the ledger " + path + ": " + std::strerror(errno));
  }
  auto writer = std::make_unique<FileLedgerWriter>(descriptor, path);
  CQRS_TRY(writer->write_header(shape, now));
  return std::unique_ptr<LedgerWriter>(std::move(writer));
}

}  // namespace cqrs
