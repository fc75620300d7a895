// An in-memory index from a 64-bit hash to row numbers of an append-only table. Random keys in a
// B-tree cost a page of WAL for nearly every insert; here the table grows in row order and this
// index is rebuilt by one scan when the file is opened.
#pragma once

#include "core/base/hash.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cqrs::sqlite {

// Open addressing with linear probing, 16 bytes per slot, at most 70 % full. Equal hashes are all
// kept: the caller compares the rows. Not thread-safe.
class HashIndex {
 public:
  void insert(std::uint64_t hash, std::int64_t row) {
    if ((used_ + 1) * 10 > slots_.size() * 7) grow();
    place(hash, row);
    ++used_;
    ++kept_;
  }

  // Calls `visit(row)` for each row with this hash until it returns true.
  template <class Visit>
  void find(std::uint64_t hash, Visit&& visit) const {
    if (slots_.empty()) return;
    for (std::size_t i = start(hash); slots_[i].row != kFree; i = next(i)) {
      if (slots_[i].row != kErased && slots_[i].hash == hash && visit(slots_[i].row)) return;
    }
  }

  void erase(std::uint64_t hash, std::int64_t row) {
    if (slots_.empty()) return;
    for (std::size_t i = start(hash); slots_[i].row != kFree; i = next(i)) {
      if (slots_[i].hash == hash && slots_[i].row == row) {
        slots_[i].row = kErased;
        --kept_;
        return;
      }
    }
  }

  void reserve(std::size_t rows) {
    while (rows * 10 > slots_.size() * 7) resize(slots_.empty() ? kLeast : slots_.size() * 2);
  }
  [[nodiscard]] std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  static constexpr std::int64_t kFree = 0;  // row numbers start at 1
  static constexpr std::int64_t kErased = -1;
  static constexpr std::size_t kLeast = 1024;
  struct Slot {
    std::uint64_t hash = 0;
    std::int64_t row = kFree;
  };

  [[nodiscard]] std::size_t start(std::uint64_t hash) const {
    return mix64(hash) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }
  void place(std::uint64_t hash, std::int64_t row) {
    std::size_t i = start(hash);
    while (slots_[i].row != kFree) i = next(i);
    slots_[i] = {hash, row};
  }
  // Where rows come and go, erased slots fill the table: then the same size is enough again.
  void grow() {
    const bool crowded = kept_ * 20 >= slots_.size() * 7;
    resize(slots_.empty() ? kLeast : crowded ? slots_.size() * 2 : slots_.size());
  }
  void resize(std::size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    used_ = 0;
    for (const auto& slot : old) {
      if (slot.row == kFree || slot.row == kErased) continue;
      place(slot.hash, slot.row);
      ++used_;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;  // slots taken, erased ones included
  std::size_t kept_ = 0;
};

}  // namespace cqrs::sqlite
