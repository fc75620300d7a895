#include "core/adapters/sqlite/list_reader.h"

#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/view_index.h"

namespace cqrs::sqlite {
namespace {

// A word in the name of a product weighs as much as this many in its description.
constexpr const char* kRank = "bm25(products_words, 8.0, 1.0)";

const char* sort_column(SortKey sort) {
  switch (sort) {
    case SortKey::kCreatedAt:
      return "d.created_at";
    case SortKey::kName:
      return "d.name";
    case SortKey::kEmail:
      return "d.email";
    case SortKey::kPrice:
      return "d.price";
    case SortKey::kRelevance:
      return kRank;
  }
  return "d.created_at";
}

bool text_key(SortKey sort) { return sort == SortKey::kName || sort == SortKey::kEmail; }

bool by_words(const ListQuery& query) { return !query.words.empty() || query.user.has_value(); }

// CROSS JOIN keeps SQLite from turning the join round: the words come first.
std::string source_of(const ListQuery& query) {
  const std::string listed = listed_table(query.kind);
  if (!by_words(query)) return " FROM " + listed + " d WHERE 1";
  const std::string words = words_table(query.kind);
  return " FROM " + words + " CROSS JOIN " + listed + " d ON d.doc = " + words + ".rowid WHERE " +
         words + " MATCH ?1";
}

std::string filters_of(const ListQuery& query) {
  return std::string(query.active ? " AND d.active = ?2" : "") +
         (query.status.empty() ? "" : " AND d.status = ?3");
}

std::string sql_to_find(const ListQuery& query) {
  const std::string column = sort_column(query.sort);
  const std::string way = query.descending ? " DESC" : "";
  // A rank is needed for the order only.
  const std::string shown = query.sort == SortKey::kRelevance ? "0" : column;
  std::string sql = "SELECT d.id, " + shown + source_of(query) + filters_of(query);
  if (query.after)
    sql += " AND (" + column + ", d.id) " + (query.descending ? "<" : ">") + " (?4, ?5)";
  return sql + " ORDER BY " + column + way + ", d.id" + way + " LIMIT ?6 OFFSET ?7";
}

std::string sql_to_count(const ListQuery& query) {
  // Without filters the words alone tell.
  if (by_words(query) && !query.active && query.status.empty()) {
    const std::string words = words_table(query.kind);
    return "SELECT count(*) FROM " + words + " WHERE " + words + " MATCH ?1";
  }
  return "SELECT count(*)" + source_of(query) + filters_of(query);
}

// `match` and `query` must live until the statement has run.
void bind_filters(Statement& select, const ListQuery& query, std::string_view match) {
  if (!match.empty()) select.bind(1, match);
  if (query.active) select.bind(2, std::int64_t{*query.active ? 1 : 0});
  if (!query.status.empty()) select.bind(3, std::string_view(query.status));
}

}  // namespace

Result<std::string> ListReader::match_of(const ListQuery& query) {
  if (!query.words.empty()) return words_.match_all(query.words);
  return query.user ? '"' + user_word(*query.user) + '"' : std::string();
}

Statement& ListReader::prepared(const std::string& sql) {
  const auto at = statements_.find(sql);
  if (at != statements_.end()) return at->second;
  return statements_.emplace(sql, Statement(database_, sql)).first->second;
}

Result<ListReader::Found> ListReader::find(const ListQuery& query) {
  const auto match = match_of(query);
  if (!match) return match.error();
  Statement& select = prepared(sql_to_find(query));
  bind_filters(select, query, *match);
  if (query.after && text_key(query.sort)) {
    select.bind(4, std::string_view(query.after->text));
  } else if (query.after) {
    select.bind(4, query.after->number);
  }
  if (query.after) select.bind(5, query.after->id);
  select.bind(6, static_cast<std::int64_t>(query.limit));
  select.bind(7, static_cast<std::int64_t>(query.offset));
  Found found;
  for (;;) {
    auto row = select.step();
    if (!row) return row.error();
    if (!*row) break;
    SortPlace& place = found.places.emplace_back();
    place.id = select.id(0);
    found.keys.push_back({query.kind, place.id});
    if (text_key(query.sort)) {
      place.text = select.text(1);
    } else {
      place.number = select.integer(1);
    }
  }
  select.reset();
  return found;
}

Result<std::int64_t> ListReader::count(const ListQuery& query) {
  const auto match = match_of(query);
  if (!match) return match.error();
  Statement& select = prepared(sql_to_count(query));
  bind_filters(select, query, *match);
  auto row = select.step();
  if (!row) return row.error();
  const std::int64_t rows = *row ? select.integer(0) : 0;
  select.reset();
  return rows;
}

}  // namespace cqrs::sqlite
