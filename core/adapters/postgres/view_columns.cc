#include "core/adapters/postgres/view_columns.h"

#include "core/base/hash.h"
#include "core/read/indexed_fields.h"
#include "core/read/words.h"

#include <array>
#include <map>

namespace cqrs::postgres {
namespace {

constexpr std::size_t kLongestWord = 500;  // bytes; the server takes 2,046

struct Column {
  const char* name;
  const char* type;       // of an element
  const char* cast = "";  // of the value, when the column has another type
};

constexpr std::array kRowColumns{Column{"id", "uuid"},           Column{"version", "bigint"},
                                 Column{"position", "bigint"},   Column{"created_at", "bigint"},
                                 Column{"updated_at", "bigint"}, Column{"digest_high", "bigint"},
                                 Column{"digest_low", "bigint"}, Column{"bucket", "smallint"},
                                 Column{"deleted", "boolean"},   Column{"body", "text"}};
constexpr std::array kUserColumns{Column{"active", "boolean"}, Column{"name", "bytea"},
                                  Column{"words", "text", "::tsvector"}, Column{"email", "bytea"}};
constexpr std::array kProductColumns{Column{"active", "boolean"}, Column{"name", "bytea"},
                                     Column{"words", "text", "::tsvector"},
                                     Column{"price", "bigint"}};
constexpr std::array kOrderColumns{Column{"status", "text"}, Column{"user_id", "uuid"}};

std::vector<Column> columns_of(Kind kind) {
  std::vector<Column> columns(kRowColumns.begin(), kRowColumns.end());
  const auto add = [&](const auto& more) {
    columns.insert(columns.end(), more.begin(), more.end());
  };
  if (kind == Kind::kUser) add(kUserColumns);
  if (kind == Kind::kProduct) add(kProductColumns);
  if (kind == Kind::kOrder) add(kOrderColumns);
  return columns;
}

// In the order and form in which the server gives them back. Words hold nothing to escape.
std::string vector_of(Kind kind, const IndexedFields& fields) {
  std::map<std::string, bool> words;  // whether the name has it
  bool in_name = true;
  for (const auto text : searched_texts(kind, fields)) {
    for (auto& word : words_of(text)) words.emplace(indexed_word(std::move(word)), in_name);
    in_name = false;
  }
  std::string vector;
  for (const auto& [word, named] : words) {
    if (!vector.empty()) vector += ' ';
    vector += '\'' + word + (named ? "':1A" : "':1");
  }
  return vector;
}

}  // namespace

const char* view_table(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "users";
    case Kind::kProduct:
      return "products";
    case Kind::kOrder:
      break;
  }
  return "orders";
}

ViewRow read_view_row(Kind kind, const pqxx::row& row) {
  ViewRow view;
  view.key = {kind, id(row, 0)};
  view.version = integer(row, 1);
  view.deleted = boolean(row, 2);
  view.digest = digest(row, 3);
  view.position = integer(row, 5);
  view.created_at.micros = integer(row, 6);
  view.updated_at.micros = integer(row, 7);
  view.body = text(row, 8);
  return view;
}

std::string indexed_word(std::string word) {
  if (word.size() <= kLongestWord) return word;
  std::size_t end = kLongestWord;
  // Never within a letter.
  while ((static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) --end;
  word.resize(end);
  return word;
}

Result<IndexColumns> index_columns(const ViewRow& row) {
  IndexColumns columns;
  if (row.deleted) return columns;
  auto fields = indexed_fields(row.key.kind, row.body);
  if (!fields) return fields.error();
  if (row.key.kind == Kind::kOrder) {
    columns.status = std::move(fields->status);
    columns.user = fields->user;
    return columns;
  }
  columns.active = fields->active;
  columns.name = sort_key(fields->name);
  columns.words = vector_of(row.key.kind, *fields);
  if (row.key.kind == Kind::kUser) columns.email = std::move(fields->email);
  if (row.key.kind == Kind::kProduct) columns.price = fields->price.minor;
  return columns;
}

const char* index_column_names(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "active, name, words, email";
    case Kind::kProduct:
      return "active, name, words, price";
    case Kind::kOrder:
      break;
  }
  return "status, user_id";
}

IndexColumns read_index_columns(Kind kind, const pqxx::row& row, int first) {
  IndexColumns columns;
  if (kind == Kind::kOrder) {
    columns.status = text(row, first);
    columns.user = id(row, first + 1);
    return columns;
  }
  columns.active = boolean(row, first);
  columns.name = bytes(row, first + 1);
  columns.words = text(row, first + 2);
  if (kind == Kind::kUser) columns.email = bytes(row, first + 3);
  if (kind == Kind::kProduct) columns.price = integer(row, first + 3);
  return columns;
}

// Arrays that stand side by side in a target list are stepped through together; in FROM they would
// be copied into a table first.
std::string upsert_sql(Kind kind) {
  const std::string table = view_table(kind);
  std::string names;
  std::string values;
  std::string changes;
  int number = 0;
  for (const auto& column : columns_of(kind)) {
    const std::string name = column.name;
    const char* comma = number == 0 ? "" : ", ";
    names += comma + name;
    values += std::string(comma) + "unnest($" + std::to_string(++number) + "::" + column.type +
              "[])" + column.cast;
    if (name != "id") changes += (changes.empty() ? "" : ", ") + name + " = excluded." + name;
  }
  return "INSERT INTO " + table + "(" + names + ") SELECT " + values +
         " ON CONFLICT (id) DO UPDATE SET " + changes + " WHERE " + table +
         ".version <= excluded.version";
}

Parameters upsert_parameters(Kind kind, std::span<const ViewRow* const> rows,
                             const std::vector<IndexColumns>& columns) {
  using Row = const ViewRow*;
  using Columns = const IndexColumns&;
  Parameters add;
  add.add(Element::kUuid, rows, [](Row r) { return r->key.id; });
  add.add(Element::kInt8, rows, [](Row r) { return r->version; });
  add.add(Element::kInt8, rows, [](Row r) { return r->position; });
  add.add(Element::kInt8, rows, [](Row r) { return r->created_at.micros; });
  add.add(Element::kInt8, rows, [](Row r) { return r->updated_at.micros; });
  add.add(Element::kInt8, rows, [](Row r) { return std::int64_t{r->digest.high}; });
  add.add(Element::kInt8, rows, [](Row r) { return std::int64_t{r->digest.low}; });
  add.add(Element::kInt2, rows, [](Row r) { return std::int64_t{bucket_of(r->key.id)}; });
  add.add(Element::kBool, rows, [](Row r) { return std::int64_t{r->deleted ? 1 : 0}; });
  add.add(Element::kText, rows, [](Row r) { return std::string_view(r->body); });
  if (kind == Kind::kOrder) {
    add.add(Element::kText, columns, [](Columns c) { return std::string_view(c.status); });
    add.add(Element::kUuid, columns, [](Columns c) { return c.user; });
    return add;
  }
  add.add(Element::kBool, columns, [](Columns c) { return std::int64_t{c.active ? 1 : 0}; });
  add.add(Element::kBytes, columns, [](Columns c) { return std::string_view(c.name); });
  add.add(Element::kText, columns, [](Columns c) { return std::string_view(c.words); });
  if (kind == Kind::kUser) {
    add.add(Element::kBytes, columns, [](Columns c) { return std::string_view(c.email); });
  } else {
    add.add(Element::kInt8, columns, [](Columns c) { return c.price; });
  }
  return add;
}

}  // namespace cqrs::postgres
