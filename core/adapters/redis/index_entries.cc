#include "core/adapters/redis/index_entries.h"

#include "core/adapters/redis/words.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cqrs::redis {
namespace {

constexpr std::array kUserWords{WordClass{"1", 1}};
constexpr std::array kProductWords{WordClass{"2n", 8}, WordClass{"2d", 1}};

void add_words(std::vector<IndexEntry>& out, const ViewRow& row, const IndexedFields& fields) {
  const auto classes = word_classes(row.key.kind);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (const auto& word : words_in(row.key.kind, i, fields)) {
      if (is_code(word)) {
        out.push_back({EntryKind::kSorted, dictionary_key(classes[i].name),
                       text_member(word, row.key.id), 0});
      } else {
        out.push_back({EntryKind::kWord, words_key(classes[i].name, word),
                       std::string(row.key.id.view()), 0});
      }
    }
  }
}

}  // namespace

std::int64_t score_in(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<std::int64_t>(value);
}

std::string sorted_key(Kind kind, SortKey sort) {
  switch (sort) {
    case SortKey::kName:
      return key_name('n', kind);
    case SortKey::kEmail:
      return key_name('e', kind);
    case SortKey::kPrice:
      return key_name('p', kind);
    case SortKey::kCreatedAt:
    case SortKey::kRelevance:
      break;
  }
  return key_name('c', kind);
}

std::string text_member(std::string_view text, const Uuid& id) {
  std::string member(text);
  member += '\0';
  member += id.view();
  return member;
}

bool is_code(std::string_view word) {
  return word.find_first_of("0123456789") != std::string_view::npos;
}

SortPlace sort_place(SortKey sort, const ViewRow& row, const IndexedFields& fields) {
  switch (sort) {
    case SortKey::kCreatedAt:
      return {{}, row.created_at.micros, row.key.id};
    case SortKey::kName:
      return {sort_key(fields.name), 0, row.key.id};
    case SortKey::kEmail:
      return {fields.email, 0, row.key.id};
    case SortKey::kPrice:
      return {{}, fields.price.minor, row.key.id};
    case SortKey::kRelevance:
      break;
  }
  return {{}, 0, row.key.id};
}

std::span<const WordClass> word_classes(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return kUserWords;
    case Kind::kProduct:
      return kProductWords;
    case Kind::kOrder:
      break;
  }
  return {};
}

std::vector<std::string> words_in(Kind kind, std::size_t which, const IndexedFields& fields) {
  const auto texts = searched_texts(kind, fields);
  std::vector<std::string> words;
  // Users are not ranked: all their texts are one class.
  const std::size_t last = kind == Kind::kUser ? texts.size() : which + 1;
  for (std::size_t i = which; i < last; ++i) {
    for (auto& word : words_of(texts[i])) {
      if (std::find(words.begin(), words.end(), word) == words.end()) {
        words.push_back(std::move(word));
      }
    }
  }
  return words;
}

Result<std::vector<IndexEntry>> index_entries(const ViewRow& row) {
  const Kind kind = row.key.kind;
  const std::string id(row.key.id.view());
  std::vector<IndexEntry> out;
  out.push_back({EntryKind::kSorted, key_name('i', kind), id, 0});
  if (row.deleted) return out;
  auto fields = indexed_fields(kind, row.body);
  if (!fields) return fields.error();
  out.reserve(24);
  const std::int64_t created = row.created_at.micros;
  out.push_back({EntryKind::kSorted, key_name('c', kind), id, created});
  if (kind == Kind::kOrder) {
    out.push_back({EntryKind::kSorted, "s3:" + fields->status, id, created});
    out.push_back({EntryKind::kSorted, "u3:" + to_string(fields->user), id, created});
    return out;
  }
  out.push_back({EntryKind::kSorted, key_name('n', kind),
                 text_member(sort_key(fields->name), row.key.id), 0});
  if (kind == Kind::kUser) {
    out.push_back(
        {EntryKind::kSorted, key_name('e', kind), text_member(fields->email, row.key.id), 0});
  } else {
    out.push_back({EntryKind::kSorted, key_name('p', kind), id, fields->price.minor});
  }
  if (!fields->active) out.push_back({EntryKind::kMember, key_name('x', kind), id, 0});
  add_words(out, row, *fields);
  return out;
}

}  // namespace cqrs::redis
