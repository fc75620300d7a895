#include "core/verify/ledger_scan.h"

#include "core/base/crc32.h"
#include "core/verify/block_file.h"
#include "core/verify/ledger_format.h"

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

constexpr std::uint64_t kMostEntities = 1'000'000'000;

bool plausible(char type, std::uint32_t size) {
  return (type == kIntentBlock && size == kIntentSize) ||
         (type == kOutcomeBlock && size > 0 && size <= kOutcomesPerBlock * kOutcomeSize &&
          size % kOutcomeSize == 0);
}

class Scan {
 public:
  Scan(const std::string& path, LedgerVisitor& visitor) : path_(path), visitor_(visitor) {}

  Result<LedgerScan> run() {
    BlockReader reader;
    reader.probe = kHeaderSize;
    reader.header = [this](std::string_view start) { return recognise(start); };
    reader.begin = [this](std::string_view header) { return begin(header); };
    reader.plausible = plausible;
    reader.block = [this](char type, std::string_view payload) { return apply(type, payload); };
    auto blocks = scan_blocks(path_, reader);
    if (!blocks) return blocks.error();
    scan_.whole_bytes = blocks->whole_bytes;
    scan_.torn_bytes = blocks->torn_bytes;
    return scan_;
  }

 private:
  Result<std::size_t> recognise(std::string_view start) const {
    constexpr std::string_view kFamily = kMagic.substr(0, kMagic.size() - 1);
    if (start.starts_with(kFamily) && !start.starts_with(kMagic)) {
      return corrupt_ledger(
          path_, "is a ledger of another version: use the version of the program that wrote it");
    }
    if (start.size() < kHeaderSize || !start.starts_with(kMagic)) {
      return corrupt_ledger(path_, "is not a ledger");
    }
    return kHeaderSize;
  }

  Status begin(std::string_view header) {
    if (crc32(header.substr(0, kHeaderSize - 4)) != get<std::uint32_t>(header, kHeaderSize - 4)) {
      return corrupt_ledger(path_, "has a damaged header");
    }
    scan_.shape = {get<std::uint64_t>(header, 8), get<std::uint64_t>(header, 16),
                   get<std::uint64_t>(header, 24), get<std::uint64_t>(header, 32)};
    scan_.created_at.micros = get<std::int64_t>(header, 40);
    for (const Kind kind : kAllKinds) {
      if (scan_.shape.count(kind) > kMostEntities) return absurd();
    }
    if (scan_.shape.total() > kMostEntities) return absurd();
    return visitor_.begin(scan_.shape);
  }
  [[nodiscard]] Status absurd() const { return corrupt_ledger(path_, "claims an absurd size"); }

  Status apply(char type, std::string_view payload) {
    if (type == kIntentBlock) return apply_intent(payload);
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
      return corrupt_ledger(path_, "has an intent outside its own shape");
    }
    return visitor_.intent({*kind, first, last});
  }

  Status apply_outcome(std::string_view record) {
    const auto kind = kind_from_number(get<std::uint8_t>(record, 1));
    LedgerOutcome outcome;
    outcome.index = get<std::uint64_t>(record, 8);
    if (!kind || outcome.index >= scan_.shape.count(*kind)) {
      return corrupt_ledger(path_, "has an outcome outside its own shape");
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
  LedgerScan scan_;
};

}  // namespace

Result<LedgerScan> scan_ledger(const std::string& path, LedgerVisitor& visitor) {
  return Scan(path, visitor).run();
}

}  // namespace cqrs
