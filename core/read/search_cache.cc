#include "core/read/search_cache.h"

#include <utility>

namespace cqrs {

std::optional<CachedAnswer> SearchCache::find(const std::string& key, Position applied,
                                              Position at_least, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto at = by_key_.find(key);
  if (at != by_key_.end()) {
    const Entry& entry = *at->second;
    const bool current = entry.answer.applied >= applied;
    if (entry.answer.applied >= at_least && (current || now - entry.made <= limits_.max_age)) {
      ++hits_;
      entries_.splice(entries_.begin(), entries_, at->second);
      return entry.answer;
    }
  }
  ++misses_;
  return std::nullopt;
}

void SearchCache::put(const std::string& key, CachedAnswer answer, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto old = by_key_.find(key);
  if (old != by_key_.end()) {
    // Two workers may have made it; the one that shows more stays.
    if (old->second->answer.applied > answer.applied) return;
    remove(old->second);
  }
  if (key.size() + answer.body->size() > limits_.bytes / 4) return;
  entries_.push_front({key, std::move(answer), now});
  bytes_ += entries_.front().bytes();
  by_key_.emplace(entries_.front().key, entries_.begin());
  while (entries_.size() > limits_.entries || bytes_ > limits_.bytes) {
    remove(std::prev(entries_.end()));
  }
}

void SearchCache::remove(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

SearchCache::Counters SearchCache::counters() const {
  const std::lock_guard lock(mutex_);
  return {hits_, misses_, entries_.size(), bytes_};
}

std::string normalised_words(std::string_view words) {
  std::string out;
  for (const char c : words) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace cqrs
