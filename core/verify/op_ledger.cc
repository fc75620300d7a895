#include "core/verify/op_ledger.h"

#include "core/base/crc32.h"
#include "core/base/failpoint.h"
#include "core/verify/block_file.h"
#include "core/verify/ledger_format.h"
#include "core/verify/ledger_lock.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

namespace cqrs {
namespace {

using ledger_format::get;
using ledger_format::put;

constexpr std::string_view kMagic = "CQRSOPS1";
constexpr std::size_t kFixed = 12;  // magic, size of the JSON
constexpr std::uint32_t kMostHead = 1024 * 1024;
constexpr char kIntent = 'I';
constexpr char kOutcomes = 'O';
constexpr char kEnd = 'E';
constexpr std::size_t kRecord = 64;
constexpr std::size_t kRecordsPerBlock = 256;

Json json_of(const OpLedgerHead& head) {
  return {{"seed", head.data.seed},
          {"users", head.data.users},
          {"products", head.data.products},
          {"orders", head.data.orders},
          {"shard", head.shard},
          {"shards", head.shards},
          {"created_us", head.created_at.micros},
          {"name", head.name},
          {"target", head.target},
          {"scenario", head.scenario}};
}

// Nothing when a member is missing or of another type.
std::optional<OpLedgerHead> head_of(const Json& json) {
  OpLedgerHead head;
  try {
    json.at("seed").get_to(head.data.seed);
    json.at("users").get_to(head.data.users);
    json.at("products").get_to(head.data.products);
    json.at("orders").get_to(head.data.orders);
    json.at("shard").get_to(head.shard);
    json.at("shards").get_to(head.shards);
    json.at("created_us").get_to(head.created_at.micros);
    json.at("name").get_to(head.name);
    json.at("target").get_to(head.target);
    head.scenario = json.at("scenario");
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return head;
}

std::string header_bytes(const OpLedgerHead& head) {
  const std::string text = json_of(head).dump();
  std::string out(kMagic);
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  put(out, crc32(out));
  return out;
}

void append_record(std::string& out, const OpOutcomeRecord& outcome) {
  put(out, static_cast<std::uint8_t>(outcome.status));
  put(out, static_cast<std::uint8_t>(outcome.operation));
  put(out, std::uint16_t{0});
  put(out, static_cast<std::int32_t>(outcome.version));
  put(out, outcome.number);
  out += outcome.id.view();
  put(out, outcome.position);
  put(out, outcome.mark.high);
  put(out, outcome.mark.low);
  put(out, outcome.scheduled.micros);
  put(out, outcome.sent_after_us);
  put(out, outcome.completed_after_us);
}

OpOutcomeRecord record_of(std::string_view bytes, Operation operation) {
  OpOutcomeRecord outcome;
  outcome.status = static_cast<LedgerStatus>(get<std::uint8_t>(bytes, 0));
  outcome.operation = operation;
  outcome.version = get<std::int32_t>(bytes, 4);
  outcome.number = get<std::uint64_t>(bytes, 8);
  if (const auto id = uuid_from_bytes(bytes.substr(16, 16))) outcome.id = *id;
  outcome.position = get<std::int64_t>(bytes, 32);
  outcome.mark = {get<std::uint32_t>(bytes, 40), get<std::uint32_t>(bytes, 44)};
  outcome.scheduled.micros = get<std::int64_t>(bytes, 48);
  outcome.sent_after_us = get<std::uint32_t>(bytes, 56);
  outcome.completed_after_us = get<std::uint32_t>(bytes, 60);
  return outcome;
}

class FileOpLedger final : public OpLedgerWriter {
 public:
  explicit FileOpLedger(std::unique_ptr<BlockWriter> blocks) : blocks_(std::move(blocks)) {}
  FileOpLedger(const FileOpLedger&) = delete;
  FileOpLedger& operator=(const FileOpLedger&) = delete;
  ~FileOpLedger() override { (void)sync(); }

  Status intend(std::uint64_t last) override {
    CQRS_TRY(write_number(kIntent, last));
    CQRS_FAILPOINT("ledger.after_intent");
    return {};
  }

  Status record(const OpOutcomeRecord& outcome) override {
    append_record(outcomes_, outcome);
    return outcomes_.size() >= kRecordsPerBlock * kRecord ? flush() : Status();
  }

  Status close(std::uint64_t next) override { return write_number(kEnd, next); }

  Status sync() override {
    CQRS_TRY(flush());
    return blocks_->sync();
  }

 private:
  Status flush() {
    if (outcomes_.empty()) return {};
    CQRS_TRY(blocks_->write(kOutcomes, outcomes_));
    outcomes_.clear();
    return {};
  }
  Status write_number(char type, std::uint64_t number) {
    CQRS_TRY(flush());
    std::string payload;
    put(payload, number);
    CQRS_TRY(blocks_->write(type, payload));
    return blocks_->sync();
  }

  std::unique_ptr<BlockWriter> blocks_;
  std::string outcomes_;
};

bool plausible(char type, std::uint32_t size) {
  if (type == kIntent || type == kEnd) return size == sizeof(std::uint64_t);
  return type == kOutcomes && size > 0 && size % kRecord == 0 && size <= kRecordsPerBlock * kRecord;
}

class Scan {
 public:
  Scan(const std::string& path, const std::function<Status(const OpOutcomeRecord&)>& visit)
      : path_(path), visit_(visit) {}

  Result<OpLedgerScan> run() {
    scan_.being_written = ledger_is_locked(path_);
    BlockReader reader;
    reader.probe = kFixed;
    reader.header = [this](std::string_view start) { return size_of(start); };
    reader.begin = [this](std::string_view header) { return begin(header); };
    reader.plausible = plausible;
    reader.block = [this](char type, std::string_view payload) { return apply(type, payload); };
    auto blocks = scan_blocks(path_, reader);
    if (!blocks) return blocks.error();
    scan_.torn_bytes = blocks->torn_bytes;
    return std::move(scan_);
  }

  // The walk is ended by an error of our own behind the head.
  Result<OpLedgerHead> head() {
    headed_ = true;
    auto scan = run();
    if (!scan && !begun_) return scan.error();
    return std::move(scan_.head);
  }

 private:
  Result<std::size_t> size_of(std::string_view start) const {
    if (start.size() < kFixed || !start.starts_with(kMagic)) {
      return corrupt_ledger(path_, "is not the ledger of a load");
    }
    const auto size = get<std::uint32_t>(start, kMagic.size());
    if (size > kMostHead) return corrupt_ledger(path_, "has a damaged header");
    return kFixed + size + sizeof(std::uint32_t);
  }

  Status begin(std::string_view header) {
    const std::size_t end = header.size() - sizeof(std::uint32_t);
    const bool whole = crc32(header.substr(0, end)) == get<std::uint32_t>(header, end);
    const Json json =
        whole ? Json::parse(header.substr(kFixed, end - kFixed), nullptr, false) : Json();
    auto head = head_of(json);
    if (!head) return corrupt_ledger(path_, "has a damaged header");
    scan_.head = std::move(*head);
    begun_ = true;
    if (headed_) return make_error(ErrorCode::kTimeout, "only the head was wanted");
    return {};
  }

  Status apply(char type, std::string_view payload) {
    if (type == kIntent) {
      scan_.intended_to = std::max(scan_.intended_to, get<std::uint64_t>(payload, 0) + 1);
      return {};
    }
    if (type == kEnd) {
      scan_.closed = true;
      scan_.intended_to = get<std::uint64_t>(payload, 0);
      return {};
    }
    for (std::size_t at = 0; at < payload.size(); at += kRecord) {
      const auto bytes = payload.substr(at, kRecord);
      const auto operation = operation_from_number(get<std::uint8_t>(bytes, 1));
      if (!operation) return corrupt_ledger(path_, "names an operation that does not exist");
      CQRS_TRY(visit_(record_of(bytes, *operation)));
    }
    return {};
  }

  const std::string& path_;
  const std::function<Status(const OpOutcomeRecord&)>& visit_;
  OpLedgerScan scan_;
  bool headed_ = false;
  bool begun_ = false;
};

}  // namespace

Result<std::unique_ptr<OpLedgerWriter>> create_op_ledger(const std::string& path,
                                                         const OpLedgerHead& head) {
  auto blocks = create_block_file(path, header_bytes(head));
  if (!blocks) return blocks.error();
  return std::unique_ptr<OpLedgerWriter>(std::make_unique<FileOpLedger>(std::move(*blocks)));
}

Result<OpLedgerScan> scan_op_ledger(const std::string& path,
                                    const std::function<Status(const OpOutcomeRecord&)>& visit) {
  return Scan(path, visit).run();
}

Result<OpLedgerHead> read_op_ledger_head(const std::string& path) {
  const std::function<Status(const OpOutcomeRecord&)> none;
  return Scan(path, none).head();
}

bool is_op_ledger(const std::string& path) {
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  std::array<char, kMagic.size()> start{};
  return file != nullptr && std::fread(start.data(), 1, start.size(), file.get()) == start.size() &&
         std::string_view(start.data(), start.size()) == kMagic;
}

}  // namespace cqrs
