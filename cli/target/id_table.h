// Which id a foreign system gave to entity (kind, index) of our workload. Kept in a text file
// beside the ledger, so that verify and a resumed run find it: a line `kind index id` per entity,
// behind one that names the format. In memory: the id and 9 bytes per entity.
#pragma once

#include "core/base/result.h"
#include "core/domain/stream_key.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::target {

inline constexpr std::size_t kMostIdBytes = 200;

// Thread-safe.
class IdTable {
 public:
  // Reads what is there; a line that was being written when its writer ended is dropped. With
  // `writable` the file is made when it is missing, and written on. Errors: corrupt (not such a
  // file), unavailable.
  [[nodiscard]] static Result<std::unique_ptr<IdTable>> open(const std::string& path,
                                                             bool writable);
  IdTable(const IdTable&) = delete;
  IdTable& operator=(const IdTable&) = delete;
  ~IdTable();

  // A later id of the same entity replaces the earlier one. Errors: invalid (empty, over 200 bytes,
  // or with blanks or control characters in it), unavailable (the file).
  [[nodiscard]] Status set(Kind kind, std::uint64_t index, std::string_view id);
  // False: not known.
  [[nodiscard]] bool append(std::string& out, Kind kind, std::uint64_t index) const;
  // Writes out what set() buffered. Errors: unavailable.
  [[nodiscard]] Status sync();
  void each(Kind kind,
            const std::function<void(std::uint64_t index, std::string_view id)>& visit) const;

 private:
  explicit IdTable(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Status load();
  void keep(Kind kind, std::uint64_t index, std::string_view id);
  [[nodiscard]] std::string_view at(Kind kind, std::uint64_t index) const;

  mutable std::mutex mutex_;
  std::string path_;
  std::FILE* file_ = nullptr;
  std::uint64_t whole_bytes_ = 0;
  // Offset + 1 into text_, where a byte of length stands before the id; 0: not known.
  std::array<std::vector<std::uint64_t>, kAllKinds.size()> places_;
  std::string text_;
};

}  // namespace cqrs::target
