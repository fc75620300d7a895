#include "core/adapters/redis/index_entries.h"

#include "core/adapters/redis/words.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cqrs::redis {
namespace {

constexpr std::array kUserWords{WordClass{"1", 1}};
constexpr std::array kProductWords{WordClass{"2n", 8}, WordClass{"2d", 1}};

using Visit = std::function<void(const EntryView&)>;

void set_text_member(std::string& member, std::string_view text, const Uuid& id) {
  member = text;
  member += '\0';
  member += id.view();
}

void visit_words(const ViewRow& row, const IndexedFields& fields, const Visit& visit) {
  const auto classes = word_classes(row.key.kind);
  std::string member;
  std::string key;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string dictionary = dictionary_key(classes[i].name);
    for (const auto& word : words_in(row.key.kind, i, fields)) {
      if (is_code(word)) {
        set_text_member(member, word, row.key.id);
        visit({EntryKind::kSorted, dictionary, member, 0});
      } else {
        key.assign("w").append(classes[i].name).append(":").append(word);
        visit({EntryKind::kWord, key, row.key.id.view(), 0});
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
  std::string member;
  set_text_member(member, text, id);
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

Status each_index_entry(const ViewRow& row, const Visit& visit) {
  const Kind kind = row.key.kind;
  const std::string_view id = row.key.id.view();
  visit({EntryKind::kSorted, key_name('i', kind), id, 0});
  if (row.deleted) return {};
  auto fields = indexed_fields(kind, row.body);
  if (!fields) return fields.error();
  const std::int64_t created = row.created_at.micros;
  visit({EntryKind::kSorted, key_name('c', kind), id, created});
  if (kind == Kind::kOrder) {
    visit({EntryKind::kSorted, "s3:" + fields->status, id, created});
    visit({EntryKind::kSorted, "u3:" + to_string(fields->user), id, created});
    return {};
  }
  std::string member;
  set_text_member(member, sort_key(fields->name), row.key.id);
  visit({EntryKind::kSorted, key_name('n', kind), member, 0});
  if (kind == Kind::kUser) {
    set_text_member(member, fields->email, row.key.id);
    visit({EntryKind::kSorted, key_name('e', kind), member, 0});
  } else {
    visit({EntryKind::kSorted, key_name('p', kind), id, fields->price.minor});
  }
  if (!fields->active) visit({EntryKind::kMember, key_name('x', kind), id, 0});
  visit_words(row, *fields, visit);
  return {};
}

Result<std::vector<IndexEntry>> index_entries(const ViewRow& row) {
  std::vector<IndexEntry> entries;
  entries.reserve(24);
  CQRS_TRY(each_index_entry(row, [&](const EntryView& entry) {
    entries.push_back({entry.kind, std::string(entry.key), std::string(entry.member), entry.score});
  }));
  return entries;
}

}  // namespace cqrs::redis
