// What lists, filters and searches know of a row: its places in the sorted sets and sets of the
// index. Written and audited from here, so that both mean the same.
#pragma once

#include "core/adapters/redis/keys.h"
#include "core/base/result.h"
#include "core/read/indexed_fields.h"
#include "core/read/list_query.h"
#include "core/read/view_row.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::redis {

enum class EntryKind : std::uint8_t {
  kSorted,  // in a sorted set, under a score
  kMember,  // in a set
  kWord,    // the same, and the set's word stands in a list of words
};

struct IndexEntry {
  EntryKind kind = EntryKind::kMember;
  std::string key;         // without the root
  std::string member;      // ends with the 16 bytes of the id
  std::int64_t score = 0;  // exact: far below 2^53
};

// A score as Redis writes it.
[[nodiscard]] std::int64_t score_in(std::string_view text);

// The same in views, which last as long as the visit.
struct EntryView {
  EntryKind kind = EntryKind::kMember;
  std::string_view key, member;
  std::int64_t score = 0;
};

// Of any row, also a deleted one. Error: corrupt (a body that cannot be read), before any visit but
// that of its id.
[[nodiscard]] Status each_index_entry(const ViewRow& row,
                                      const std::function<void(const EntryView&)>& visit);
[[nodiscard]] Result<std::vector<IndexEntry>> index_entries(const ViewRow& row);

// The sorted set in which a kind stands in this order, and the member that a row is there. Not for
// kRelevance.
[[nodiscard]] std::string sorted_key(Kind kind, SortKey sort);
// Name and e-mail are part of the member, the others its score.
[[nodiscard]] inline bool by_text(SortKey sort) {
  return sort == SortKey::kName || sort == SortKey::kEmail;
}
[[nodiscard]] std::string text_member(std::string_view text, const Uuid& id);
[[nodiscard]] SortPlace sort_place(SortKey sort, const ViewRow& row, const IndexedFields& fields);

// A word with a digit is a number, a code or part of an address, and nearly always belongs to one
// row. It gets no set of its own: `text_member(word, id)` stands in the list of words itself, which
// costs half the time and a third of the memory.
[[nodiscard]] bool is_code(std::string_view word);
// Whether a member of the list of words is such an entry and not a word.
[[nodiscard]] inline bool is_code_entry(std::string_view member) {
  return member.size() > 17 && member[member.size() - 17] == '\0';
}

// Of the sets of words: "2n" and "2d" for products, "1" for users, the weightiest first.
struct WordClass {
  std::string_view name;
  int weight;
};
[[nodiscard]] std::span<const WordClass> word_classes(Kind kind);
// Each word once; `which` as in word_classes().
[[nodiscard]] std::vector<std::string> words_in(Kind kind, std::size_t which,
                                                const IndexedFields& fields);
[[nodiscard]] inline std::string words_key(std::string_view word_class, std::string_view word) {
  return std::string("w").append(word_class).append(":").append(word);
}
[[nodiscard]] inline std::string dictionary_key(std::string_view word_class) {
  return std::string("d").append(word_class);
}

}  // namespace cqrs::redis
