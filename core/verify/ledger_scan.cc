#include "core/verify/ledger_scan.h"

#include "core/base/crc32.h"
#include "core/verify/ledger_format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

constexpr std::uint64_t kMostEntities = 1'000'000'000;

Error corrupt(const std::string& path, const std::string& what) {
  return make_error(ErrorCode::kCorrupt, path + " " + what);
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A block that could be whole, as far as its first bytes tell.
bool plausible(char type, std::uint32_t size) {
  return (type == kIntentBlock && size == kIntentSize) ||
         (type == kOutcomeBlock && size > 0 && size <= kOutcomesPerBlock * kOutcomeSize &&
          size % kOutcomeSize == 0);
}

// Whether a whole block begins anywhere in `bytes`: then what lies before it is damage, and not
// the end of a file whose last writes were cut.
bool holds_a_block(std::string_view bytes) {
  for (std::size_t at = 0; at + kBlockHeaderSize < bytes.size(); ++at) {
    const auto size = get<std::uint32_t>(bytes, at);
    if (!plausible(bytes[at + 8], size) || at + kBlockHeaderSize + size > bytes.size()) continue;
    if (crc32(bytes.substr(at + 8, 1 + size)) == get<std::uint32_t>(bytes, at + 4)) return true;
  }
  return false;
}

class Scan {
 public:
  Scan(const std::string& path, LedgerVisitor& visitor)
      : path_(path), visitor_(visitor), file_(std::fopen(path.c_str(), "rb")) {}

  Result<LedgerScan> run() {
    if (!file_) {
      return make_error(ErrorCode::kNotFound,
                        "no ledger at " + path_ + ": cqrsctl ledger stat lists those there are");
    }
    // What is appended from now on is not looked at: half a block is torn only at the end.
    (void)std::fseek(file_.get(), 0, SEEK_END);
    left_ = static_cast<std::size_t>(std::max(0L, std::ftell(file_.get())));
    std::rewind(file_.get());
    CQRS_TRY(header());
    CQRS_TRY(visitor_.begin(scan_.shape));
    for (;;) {
      ++number_;
      read_up_to(kBlockHeaderSize);
      if (block_.empty()) return scan_;
      if (!read_payload()) {
        CQRS_TRY(torn());
        return scan_;
      }
      CQRS_TRY(apply());
      scan_.whole_bytes += block_.size();
    }
  }

 private:
  std::size_t read_into(char* bytes, std::size_t size) {
    const std::size_t got = std::fread(bytes, 1, std::min(size, left_), file_.get());
    left_ -= got;
    return got;
  }

  // Fills the block with exactly `size` bytes, or with what is left.
  void read_up_to(std::size_t size) {
    block_.resize(size);
    block_.resize(read_into(block_.data(), size));
  }

  Status header() {
    read_up_to(kHeaderSize);
    const std::string_view view(block_);
    constexpr std::string_view kFamily = kMagic.substr(0, kMagic.size() - 1);
    if (view.starts_with(kFamily) && !view.starts_with(kMagic)) {
      return corrupt(
          path_, "is a ledger of another version: use the version of the program that wrote it");
    }
    if (view.size() < kHeaderSize || !view.starts_with(kMagic)) {
      return corrupt(path_, "is not a ledger");
    }
    if (crc32(view.substr(0, kHeaderSize - 4)) != get<std::uint32_t>(view, kHeaderSize - 4)) {
      return corrupt(path_, "has a damaged header");
    }
    scan_.shape = {get<std::uint64_t>(view, 8), get<std::uint64_t>(view, 16),
                   get<std::uint64_t>(view, 24), get<std::uint64_t>(view, 32)};
    scan_.created_at.micros = get<std::int64_t>(view, 40);
    for (const Kind kind : kAllKinds) {
      if (scan_.shape.count(kind) > kMostEntities) return corrupt(path_, "claims an absurd size");
    }
    if (scan_.shape.total() > kMostEntities) return corrupt(path_, "claims an absurd size");
    scan_.whole_bytes = kHeaderSize;
    return {};
  }

  // The block's payload behind its header; false when the block is not whole.
  bool read_payload() {
    if (block_.size() < kBlockHeaderSize) return false;
    const auto size = get<std::uint32_t>(block_, 0);
    if (size == 0 || size > kOutcomesPerBlock * kOutcomeSize) return false;
    block_.resize(kBlockHeaderSize + size);
    const std::size_t got = read_into(block_.data() + kBlockHeaderSize, size);
    block_.resize(kBlockHeaderSize + got);
    return got == size &&
           crc32(std::string_view(block_).substr(8)) == get<std::uint32_t>(block_, 4);
  }

  Status torn() {
    std::array<char, 64 * 1024> piece{};
    std::size_t got = 0;
    while ((got = read_into(piece.data(), piece.size())) > 0) {
      block_.append(piece.data(), got);
    }
    scan_.torn_bytes = block_.size();
    if (!holds_a_block(block_)) return {};
    return corrupt(path_, "is damaged at byte " + std::to_string(scan_.whole_bytes) +
                              ", in block " + std::to_string(number_) +
                              ": set it aside, and send the same commands with another --ledger");
  }

  Status apply() {
    const std::string_view payload = std::string_view(block_).substr(kBlockHeaderSize);
    if (!plausible(block_[8], static_cast<std::uint32_t>(payload.size()))) {
      return corrupt(path_, "has a block of unknown type: a newer version wrote it");
    }
    if (block_[8] == kIntentBlock) return apply_intent(payload);
    for (std::size_t from = 0; from < payload.size(); from += kOutcomeSize) {
      CQRS_TRY(apply_outcome(payload.substr(from, kOutcomeSize)));
    }
    return {};
  }

  Status apply_intent(std::string_view payload) {
    const auto kind = kind_from_number(get<std::uint8_t>(payload, 0));
    const auto first = get<std::uint64_t>(payload, 1);
    const auto last = get<std::uint64_t>(payload, 9);
    if (!kind || last < first || last >= scan_.shape.count(*kind)) {
      return corrupt(path_, "has an intent outside its own shape");
    }
    return visitor_.intent({*kind, first, last});
  }

  Status apply_outcome(std::string_view record) {
    const auto kind = kind_from_number(get<std::uint8_t>(record, 1));
    LedgerOutcome outcome;
    outcome.index = get<std::uint64_t>(record, 8);
    if (!kind || outcome.index >= scan_.shape.count(*kind)) {
      return corrupt(path_, "has an outcome outside its own shape");
    }
    outcome.kind = *kind;
    outcome.status = static_cast<LedgerStatus>(get<std::uint8_t>(record, 0));
    outcome.version = get<std::int32_t>(record, 4);
    if (const auto id = uuid_from_bytes(record.substr(16, 16))) outcome.id = *id;
    outcome.position = get<std::int64_t>(record, 32);
    outcome.digest = {get<std::uint32_t>(record, 40), get<std::uint32_t>(record, 44)};
    outcome.completed_at.micros = get<std::int64_t>(record, 48);
    return visitor_.outcome(outcome);
  }

  const std::string& path_;
  LedgerVisitor& visitor_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::size_t left_ = 0;
  std::string block_;
  int number_ = 0;  // of the block at hand, from 1
  LedgerScan scan_;
};

}  // namespace

Result<LedgerScan> scan_ledger(const std::string& path, LedgerVisitor& visitor) {
  return Scan(path, visitor).run();
}

}  // namespace cqrs
