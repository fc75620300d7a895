#include "core/base/crc32.h"
#include "core/verify/block_file.h"
#include "core/verify/ledger_format.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cqrs {
namespace {

using namespace ledger_format;  // NOLINT(google-build-using-namespace): the format is this file's
                                // vocabulary

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class Scan {
 public:
  Scan(const std::string& path, const BlockReader& reader)
      : path_(path), reader_(reader), file_(std::fopen(path.c_str(), "rb")) {}

  Result<BlockScan> run() {
    if (!file_) {
      return make_error(ErrorCode::kNotFound,
                        "no ledger at " + path_ + ": cqrsctl ledger stat lists those there are");
    }
    // What is appended from now on is not looked at: half a block is torn only at the end.
    (void)std::fseek(file_.get(), 0, SEEK_END);
    left_ = static_cast<std::size_t>(std::max(0L, std::ftell(file_.get())));
    std::rewind(file_.get());
    CQRS_TRY(header());
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
    read_up_to(reader_.probe);
    auto size = reader_.header(block_);
    if (!size) return size.error();
    const std::size_t had = block_.size();
    if (*size > had) {
      block_.resize(*size);
      block_.resize(had + read_into(block_.data() + had, *size - had));
    }
    if (block_.size() != *size) return corrupt_ledger(path_, "has a damaged header");
    scan_.whole_bytes = block_.size();
    return reader_.begin(block_);
  }

  // The block's payload behind its header; false when the block is not whole.
  bool read_payload() {
    if (block_.size() < kBlockHeaderSize) return false;
    const auto size = get<std::uint32_t>(block_, 0);
    if (size == 0 || size > kMostBlockBytes) return false;
    block_.resize(kBlockHeaderSize + size);
    const std::size_t got = read_into(block_.data() + kBlockHeaderSize, size);
    block_.resize(kBlockHeaderSize + got);
    return got == size &&
           crc32(std::string_view(block_).substr(8)) == get<std::uint32_t>(block_, 4);
  }

  // Whether a whole block begins anywhere in `bytes`: then what lies before it is damage, and not
  // the end of a file whose last writes were cut.
  bool holds_a_block(std::string_view bytes) {
    for (std::size_t at = 0; at + kBlockHeaderSize < bytes.size(); ++at) {
      const auto size = get<std::uint32_t>(bytes, at);
      if (size == 0 || at + kBlockHeaderSize + size > bytes.size()) continue;
      if (!reader_.plausible(bytes[at + 8], size)) continue;
      if (crc32(bytes.substr(at + 8, 1 + size)) == get<std::uint32_t>(bytes, at + 4)) return true;
    }
    return false;
  }

  Status torn() {
    std::array<char, 64 * 1024> piece{};
    std::size_t got = 0;
    while ((got = read_into(piece.data(), piece.size())) > 0) block_.append(piece.data(), got);
    scan_.torn_bytes = block_.size();
    if (!holds_a_block(block_)) return {};
    return corrupt_ledger(
        path_, "is damaged at byte " + std::to_string(scan_.whole_bytes) + ", in block " +
                   std::to_string(number_) +
                   ": set it aside, and send the same commands with another --ledger");
  }

  Status apply() {
    const std::string_view payload = std::string_view(block_).substr(kBlockHeaderSize);
    if (!reader_.plausible(block_[8], static_cast<std::uint32_t>(payload.size()))) {
      return corrupt_ledger(path_, "has a block of unknown type: a newer version wrote it");
    }
    return reader_.block(block_[8], payload);
  }

  const std::string& path_;
  const BlockReader& reader_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::size_t left_ = 0;
  std::string block_;
  int number_ = 0;  // of the block at hand, from 1
  BlockScan scan_;
};

}  // namespace

Error corrupt_ledger(const std::string& path, const std::string& what) {
  return make_error(ErrorCode::kCorrupt, path + " " + what);
}

Result<BlockScan> scan_blocks(const std::string& path, const BlockReader& reader) {
  return Scan(path, reader).run();
}

}  // namespace cqrs
