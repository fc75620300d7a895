// An append-only file of blocks with a CRC each, of which a crash can only tear the end: what both
// ledgers are written to and read from. Layout of a block: docs/formats/ledger.md.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cqrs {

// Used by one thread. The first failure is final: nothing may follow half a block.
class BlockWriter {
 public:
  // Goes on behind the first `size` bytes, which are whole blocks; owns the descriptor.
  BlockWriter(int descriptor, std::string path, std::uint64_t size);
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;
  ~BlockWriter();

  // All of it or, as far as the disk lets us, nothing. Error: unavailable (names file, reason, way
  // out).
  [[nodiscard]] Status write(char type, std::string_view payload);
  // Everything written so far is durable when it returns. Error: unavailable.
  [[nodiscard]] Status sync();

 private:
  friend Result<std::unique_ptr<BlockWriter>> create_block_file(const std::string& path,
                                                                std::string_view header);
  [[nodiscard]] Status write_whole(std::string_view bytes);
  [[nodiscard]] Status write_halves(std::string_view bytes);
  [[nodiscard]] Status write_all(std::string_view bytes);
  [[nodiscard]] Status give_up(const Error& error);

  int descriptor_;
  std::string path_;
  std::uint64_t size_;
  std::string block_;  // kept for its memory
  Status problem_;
};

// Makes a new file, whole or not at all, its header durable; holds a lock on it until its own end
// or that of the process. Errors: already_exists, unavailable.
[[nodiscard]] Result<std::unique_ptr<BlockWriter>> create_block_file(const std::string& path,
                                                                     std::string_view header);
// The error of a system call that has just failed, with the way out.
[[nodiscard]] Error ledger_problem(const char* what, const std::string& path);

struct BlockScan {
  std::uint64_t whole_bytes = 0;  // the header and every whole block
  std::uint64_t torn_bytes = 0;   // behind them: what a crash left of the last writes
};

// What a reader of blocks is told. An error ends the walk.
struct BlockReader {
  // First, with the first bytes of the file (as many as asked for, fewer if it is shorter); gives
  // the size of the header.
  std::size_t probe = 0;
  std::function<Result<std::size_t>(std::string_view start)> header;
  // With the whole header.
  std::function<Status(std::string_view header)> begin;
  // Whether a block could be of this type and size.
  std::function<bool(char type, std::uint32_t size)> plausible;
  std::function<Status(char type, std::string_view payload)> block;
};

inline constexpr std::size_t kMostBlockBytes = 64 * 1024;

// What is appended meanwhile is not looked at. Errors: not_found; corrupt (a block that is not
// whole with a whole one behind it: names the byte); whatever the reader says.
[[nodiscard]] Result<BlockScan> scan_blocks(const std::string& path, const BlockReader& reader);

[[nodiscard]] Error corrupt_ledger(const std::string& path, const std::string& what);

}  // namespace cqrs
