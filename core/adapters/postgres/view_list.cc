#include "core/adapters/postgres/view_list.h"

#include "core/adapters/postgres/view_columns.h"
#include "core/read/words.h"

#include <pqxx/prepared_statement>

#include <algorithm>

namespace cqrs::postgres {
namespace {

// Nothing: the id alone.
const char* sort_column(SortKey sort) {
  switch (sort) {
    case SortKey::kCreatedAt:
      return "created_at";
    case SortKey::kName:
      return "name";
    case SortKey::kEmail:
      return "email";
    case SortKey::kPrice:
      return "price";
    case SortKey::kRelevance:
      break;
  }
  return "";
}

bool text_key(SortKey sort) { return sort == SortKey::kName || sort == SortKey::kEmail; }

std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

// Words hold letters and digits only, nothing that means something in an expression.
std::string term(const std::string& word, bool prefix, bool in_name) {
  std::string text = '\'' + word + '\'';
  if (prefix || in_name) text += ':';
  if (prefix) text += '*';
  if (in_name) text += 'A';
  return text;
}

}  // namespace

Result<ViewList> ViewList::of(const ListQuery& query) {
  ViewList list(query);
  for (auto& word : words_of(query.words)) list.words_.push_back(indexed_word(std::move(word)));
  if (!query.words.empty() && list.words_.empty()) {
    return invalid("q", "q holds no word to search for: give at least one letter or digit");
  }
  return list;
}

std::string ViewList::parameter(std::string value) {
  parameters_.push_back(std::move(value));
  return "$" + std::to_string(parameters_.size());
}

std::string ViewList::filter() {
  std::string sql = std::string(" FROM ") + view_table(query_.kind) + " WHERE NOT deleted";
  if (!words_.empty()) {
    std::string expression;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const auto earlier = words_.begin() + static_cast<std::ptrdiff_t>(i);
      const bool last = i + 1 == words_.size();
      if (!last && std::find(words_.begin(), earlier, words_[i]) != earlier) continue;
      if (!expression.empty()) expression += " & ";
      expression += term(words_[i], last, false);
    }
    sql += " AND words @@ " + parameter(expression) + "::tsquery";
  }
  if (query_.active) sql += *query_.active ? " AND active" : " AND NOT active";
  if (query_.user) sql += " AND user_id = " + parameter(to_string(*query_.user)) + "::uuid";
  if (!query_.status.empty()) sql += " AND status = " + parameter(query_.status);
  return sql;
}

std::string ViewList::behind_place(const std::string& key) {
  const char* beyond = query_.descending ? " < " : " > ";
  const std::string id = parameter(to_string(query_.after->id)) + "::uuid";
  if (key.empty()) return " AND id" + (beyond + id);
  const std::string value = text_key(query_.sort)
                                ? parameter(hex(query_.after->text)) + "::bytea"
                                : parameter(std::to_string(query_.after->number)) + "::bigint";
  return " AND (" + key + ", id)" + beyond + "(" + value + ", " + id + ")";
}

// A word in the name weighs 8, elsewhere 1.
std::string ViewList::weight() {
  std::string sum;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (i > 0) sum += " + ";
    sum += "CASE WHEN words @@ " + parameter(term(words_[i], i + 1 == words_.size(), true)) +
           "::tsquery THEN 8 ELSE 1 END";
  }
  return sum;
}

pqxx::result ViewList::ask(pqxx::nontransaction& session, const std::string& sql) const {
  return session.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters_));
}

Listed ViewList::find(pqxx::nontransaction& session) {
  parameters_.clear();
  const std::string key = sort_column(query_.sort);
  const std::string way = query_.descending ? " DESC" : "";
  const bool ranked = query_.sort == SortKey::kRelevance && !words_.empty();
  std::string sql = std::string("SELECT ") + kViewColumns + ", " + (key.empty() ? "0" : key);
  sql += filter();
  if (query_.after) sql += behind_place(key);
  sql += " ORDER BY ";
  if (ranked) sql += weight() + " DESC, ";
  if (!key.empty()) sql += key + way + ", ";
  sql += "id" + way + " LIMIT " + std::to_string(query_.limit) + " OFFSET " +
         std::to_string(query_.offset);
  Listed listed;
  for (const auto& row : ask(session, sql)) {
    ViewRow view = read_view_row(query_.kind, row);
    SortPlace& place = listed.places.emplace_back();
    place.id = view.key.id;
    if (text_key(query_.sort)) {
      place.text = bytes(row, kViewColumnCount);
    } else {
      place.number = integer(row, kViewColumnCount);
    }
    listed.rows.push_back(std::move(view));
  }
  return listed;
}

std::int64_t ViewList::count(pqxx::nontransaction& session) {
  parameters_.clear();
  const std::string sql = "SELECT count(*)" + filter();
  return integer(ask(session, sql)[0], 0);
}

}  // namespace cqrs::postgres
