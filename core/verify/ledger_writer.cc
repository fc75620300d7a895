#include "core/base/crc32.h"
#include "core/base/failpoint.h"
#include "core/verify/block_file.h"
#include "core/verify/ledger.h"
#include "core/verify/ledger_format.h"
#include "core/verify/ledger_lock.h"
#include "core/verify/ledger_progress.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

class FileLedgerWriter final : public LedgerWriter {
 public:
  explicit FileLedgerWriter(std::unique_ptr<BlockWriter> blocks) : blocks_(std::move(blocks)) {}
  FileLedgerWriter(const FileLedgerWriter&) = delete;
  FileLedgerWriter& operator=(const FileLedgerWriter&) = delete;
  ~FileLedgerWriter() override { (void)sync(); }

  Status intend(const LedgerIntent& intent) override {
    CQRS_TRY(flush_outcomes());
    std::string payload;
    put(payload, static_cast<std::uint8_t>(intent.kind));
    put(payload, intent.first);
    put(payload, intent.last);
    CQRS_TRY(blocks_->write(kIntentBlock, payload));
    CQRS_TRY(blocks_->sync());
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
    return blocks_->sync();
  }

 private:
  Status flush_outcomes() {
    if (outcomes_.empty()) return {};
    CQRS_TRY(blocks_->write(kOutcomeBlock, outcomes_));
    outcomes_.clear();
    return {};
  }

  std::unique_ptr<BlockWriter> blocks_;
  std::string outcomes_;
};

std::string header_of(const WorkloadShape& shape, Timestamp now) {
  std::string header(kMagic);
  put(header, shape.seed);
  put(header, shape.users);
  put(header, shape.products);
  put(header, shape.orders);
  put(header, now.micros);
  put(header, crc32(header));
  return header;
}

}  // namespace

Result<std::unique_ptr<LedgerWriter>> create_ledger(const std::string& path,
                                                    const WorkloadShape& shape, Timestamp now) {
  auto blocks = create_block_file(path, header_of(shape, now));
  if (!blocks) return blocks.error();
  return std::unique_ptr<LedgerWriter>(std::make_unique<FileLedgerWriter>(std::move(*blocks)));
}

Result<ResumedLedger> resume_ledger(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return make_error(ErrorCode::kNotFound, "no ledger at " + path);
  }
  if (descriptor < 0) return ledger_problem("open", path);
  const bool locked = lock_ledger(descriptor);
  auto progress = locked ? LedgerProgress::read(path)
                         : Result<LedgerProgress>(
                               invalid("--ledger", "another cqrsctl is writing to " + path +
                                                       ": wait until it has ended, or stop it"));
  if (!progress) {
    ::close(descriptor);
    return progress.error();
  }
  auto writer = std::make_unique<FileLedgerWriter>(
      std::make_unique<BlockWriter>(descriptor, path, progress->whole_bytes()));
  if (progress->torn_bytes() > 0 &&
      ::ftruncate(descriptor, static_cast<off_t>(progress->whole_bytes())) != 0) {
    return ledger_problem("cut the torn tail of", path);
  }
  CQRS_TRY(writer->sync());
  return ResumedLedger{std::move(*progress), std::move(writer)};
}

}  // namespace cqrs
