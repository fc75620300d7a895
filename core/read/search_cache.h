// Answers of lists and searches, kept as long as they are true, or a moment longer while writes go
// on: finding and counting matches costs milliseconds, and many clients ask for the same first
// page.
#pragma once

#include "core/domain/stream_key.h"
#include "core/events/event.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cqrs {

struct CachedAnswer {
  std::shared_ptr<const std::string> body;
  bool parked = false;
  Position applied = 0;  // the views had at least this when it was made
};

// Thread-safe. Keys are the caller's; they must name the generation.
class SearchCache {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  struct Limits {
    std::size_t entries = 4'096;
    std::size_t bytes = 32U << 20U;  // keys and bodies together
    std::chrono::milliseconds max_age{1'000};
  };
  struct Counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };

  SearchCache() : SearchCache(Limits()) {}
  explicit SearchCache(const Limits& limits) : limits_(limits) {}

  // An answer that shows everything up to `applied` (where the views are now), or at least
  // `at_least` and is at most `max_age` old.
  [[nodiscard]] std::optional<CachedAnswer> find(const std::string& key, Position applied,
                                                 Position at_least, Instant now);
  // Drops the least recently used ones beyond the limits. One that takes more than a quarter of all
  // bytes is not kept.
  void put(const std::string& key, CachedAnswer answer, Instant now);
  [[nodiscard]] Counters counters() const;

 private:
  struct Entry {
    std::string key;
    CachedAnswer answer;
    Instant made;
    [[nodiscard]] std::size_t bytes() const { return key.size() + answer.body->size(); }
  };
  void remove(std::list<Entry>::iterator entry);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

// Words that differ in case or in blanks only give one key.
[[nodiscard]] std::string normalised_words(std::string_view words);

}  // namespace cqrs
