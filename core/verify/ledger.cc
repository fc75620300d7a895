#include "core/verify/ledger.h"

#include "core/base/crc32.h"
#include "core/verify/ledger_format.h"

#include <cerrno>
#include <cstdio>

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

// Reads exactly `size` bytes, or what is left.
std::string read_up_to(std::FILE* file, std::size_t size) {
  std::string bytes(size, '\0');
  bytes.resize(std::fread(bytes.data(), 1, size, file));
  return bytes;
}

Result<LedgerSummary> read_header(std::FILE* file, const std::string& path) {
  const std::string header = read_up_to(file, kHeaderSize);
  const std::string_view view(header);
  if (view.size() < kHeaderSize || view.substr(0, kMagic.size()) != kMagic) {
    return corrupt(path, "is not a ledger");
  }
  if (crc32(view.substr(0, kHeaderSize - 4)) != get<std::uint32_t>(view, kHeaderSize - 4)) {
    return corrupt(path, "has a damaged header");
  }
  LedgerSummary summary;
  summary.shape = {get<std::uint64_t>(view, 8), get<std::uint64_t>(view, 16),
                   get<std::uint64_t>(view, 24), get<std::uint64_t>(view, 32)};
  summary.created_at.micros = get<std::int64_t>(view, 40);
  if (summary.shape.total() > kMostEntities) return corrupt(path, "claims an absurd size");
  return summary;
}

}  // namespace

std::string_view ledger_status_name(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kAcknowledged:
      return "acknowledged";
    case LedgerStatus::kRejected:
      return "rejected";
    case LedgerStatus::kIndeterminate:
      return "indeterminate";
  }
  return "unknown";
}

Result<Ledger> Ledger::read(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return make_error(ErrorCode::kNotFound, "no ledger at " + path);
  auto header = read_header(file.get(), path);
  if (!header) return header.error();
  Ledger ledger;
  ledger.summary_ = *header;
  for (const Kind kind : kAllKinds) {
    ledger.entries_[kind_index(kind)].resize(header->shape.count(kind));
  }
  std::uint64_t at = kHeaderSize;
  for (;;) {
    const std::string head = read_up_to(file.get(), kBlockHeaderSize);
    if (head.empty()) return ledger;
    std::string payload;
    const auto size = head.size() == kBlockHeaderSize ? get<std::uint32_t>(head, 0) : 0;
    if (size > 0 && size <= kOutcomesPerBlock * kOutcomeSize) {
      payload = read_up_to(file.get(), size);
    }
    const bool whole = size > 0 && payload.size() == size &&
                       crc32(head.substr(8) + payload) == get<std::uint32_t>(head, 4);
    if (!whole) {
      // The last block may have been cut by a crash; anything after it means real damage.
      ledger.summary_.torn_bytes = head.size() + payload.size();
      if (!read_up_to(file.get(), 1).empty()) {
        return corrupt(path, "is damaged at byte " + std::to_string(at));
      }
      return ledger;
    }
    CQRS_TRY(ledger.apply_block(head[8], payload));
    at += head.size() + payload.size();
  }
}

Status Ledger::apply_block(char type, std::string_view payload) {
  if (type == kIntentBlock && payload.size() == kIntentSize) {
    const auto kind = kind_from_number(get<std::uint8_t>(payload, 0));
    const auto first = get<std::uint64_t>(payload, 1);
    const auto last = get<std::uint64_t>(payload, 9);
    if (!kind || last < first || last >= summary_.shape.count(*kind)) {
      return corrupt("the ledger", "has an intent outside its own shape");
    }
    for (std::uint64_t i = first; i <= last; ++i) {
      entries_[kind_index(*kind)][i].intended = true;
    }
    return {};
  }
  if (type != kOutcomeBlock || payload.size() % kOutcomeSize != 0) {
    return corrupt("the ledger", "has a block of unknown type: a newer version wrote it");
  }
  for (std::size_t from = 0; from < payload.size(); from += kOutcomeSize) {
    CQRS_TRY(apply_outcome(payload.substr(from, kOutcomeSize)));
  }
  return {};
}

Status Ledger::apply_outcome(std::string_view record) {
  const auto kind = kind_from_number(get<std::uint8_t>(record, 1));
  const auto index = get<std::uint64_t>(record, 8);
  if (!kind || index >= summary_.shape.count(*kind)) {
    return corrupt("the ledger", "has an outcome outside its own shape");
  }
  auto& entry = entries_[kind_index(*kind)][index];
  const auto status = static_cast<LedgerStatus>(get<std::uint8_t>(record, 0));
  // An acknowledgement is final: nothing that comes later can take it back.
  if (entry.status == LedgerStatus::kAcknowledged) return {};
  entry.status = status;
  entry.version = get<std::int32_t>(record, 4);
  entry.position = get<std::int64_t>(record, 32);
  entry.digest = {get<std::uint32_t>(record, 40), get<std::uint32_t>(record, 44)};
  return {};
}

void Ledger::merge(const Ledger& other) {
  CQRS_CHECK(other.shape() == shape());
  for (const Kind kind : kAllKinds) {
    auto& mine = entries_[kind_index(kind)];
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const Entry& theirs = other.entries(kind)[i];
      const bool wins = theirs.status == LedgerStatus::kAcknowledged ||
                        mine[i].status == LedgerStatus::kIndeterminate;
      if (theirs.intended && (wins || !mine[i].intended)) mine[i] = theirs;
    }
  }
}

LedgerSummary Ledger::summary() const {
  LedgerSummary out = summary_;
  out.intended = 0;
  for (const auto& entries : entries_) {
    for (const auto& entry : entries) {
      if (!entry.intended) continue;
      ++out.intended;
      if (entry.status == LedgerStatus::kAcknowledged) ++out.acknowledged;
      if (entry.status == LedgerStatus::kRejected) ++out.rejected;
      if (entry.status == LedgerStatus::kIndeterminate) ++out.indeterminate;
    }
  }
  return out;
}

}  // namespace cqrs
