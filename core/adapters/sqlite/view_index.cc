#include "core/adapters/sqlite/view_index.h"

#include "core/adapters/sqlite/schema.h"

#include <algorithm>
#include <iterator>

namespace cqrs::sqlite {
namespace {

const char* word_columns(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "name, email, nickname";
    case Kind::kProduct:
      return "name, description";
    case Kind::kOrder:
      return "user";
  }
  return "";
}

bool same_words(Kind kind, const IndexedFields& a, const IndexedFields& b) {
  return a.user == b.user && searched_texts(kind, a) == searched_texts(kind, b);
}

// Whether the narrow row tells something else.
bool listed_alike(const IndexedFields& a, const IndexedFields& b) {
  return a.active == b.active && a.name == b.name && a.email == b.email && a.price == b.price &&
         a.status == b.status;
}

}  // namespace

std::string user_word(const Uuid& user) {
  std::string word = to_string(user);
  std::erase(word, '-');
  return word;
}

ViewIndex::ViewIndex(Database& database) : database_(database) {
  for (const Kind kind : kAllKinds) {
    Tables& tables = tables_[kind_index(kind)];
    const std::string listed = listed_table(kind);
    const std::string words = words_table(kind);
    const std::string columns = word_columns(kind);
    const auto marks = std::count(columns.begin(), columns.end(), ',') + 1;
    std::string values;
    for (auto i = marks; i > 0; --i) values += ", ?";
    const std::string row =
        " INTO " + listed + " VALUES(?, ?, ?, ?" + (kind == Kind::kOrder ? ")" : ", ?, ?)");
    tables.list = Statement(database_, "INSERT OR IGNORE" + row);
    tables.relist = Statement(database_, "INSERT OR REPLACE" + row);
    tables.listed =
        Statement(database_, "SELECT doc FROM " + listed + " WHERE created_at = ? AND id = ?");
    tables.unlist = Statement(database_, "DELETE FROM " + listed + " WHERE doc = ?");
    tables.add_words = Statement(
        database_, "INSERT INTO " + words + "(rowid, " + columns + ") VALUES(?" + values + ")");
    tables.remove_words =
        Statement(database_, "INSERT INTO " + words + "(rowid, " + columns + ", " + words +
                                 ") VALUES(?" + values + ", 'delete')");
  }
}

Result<std::int64_t> ViewIndex::next_doc(Kind kind) {
  Tables& tables = tables_[kind_index(kind)];
  if (!tables.last_doc) {
    auto last = database_.query_integer(std::string("SELECT max(doc) FROM ") + listed_table(kind));
    if (!last) return last.error();
    tables.last_doc = *last;
  }
  return ++*tables.last_doc;
}

Status ViewIndex::note(std::int64_t doc, const StreamKey& key, std::string_view before,
                       const ViewRow* row) {
  Change change;
  change.doc = doc;
  change.id = key.id;
  if (!before.empty()) {
    auto fields = indexed_fields(key.kind, before);
    if (!fields) return fields.error();
    change.before = std::move(*fields);
  }
  if (row != nullptr && !row->deleted) {
    auto fields = indexed_fields(key.kind, row->body);
    if (!fields) return fields.error();
    change.after = std::move(*fields);
    change.created_at = row->created_at;
  }
  if (change.before || change.after) {
    tables_[kind_index(key.kind)].changes.push_back(std::move(change));
  }
  return {};
}

// A statement that opens a savepoint makes FTS5 write out the words that it has collected, a
// segment for each such row: so words come last, when nothing else is written any more.
Status ViewIndex::apply() {
  for (const Kind kind : kAllKinds) {
    Tables& tables = tables_[kind_index(kind)];
    for (const Change& change : tables.changes) CQRS_TRY(list(kind, tables, change));
  }
  for (const Kind kind : kAllKinds) CQRS_TRY(write_words(kind, tables_[kind_index(kind)]));
  return {};
}

Status ViewIndex::write_words(Kind kind, Tables& tables) {
  std::move(tables.strays.begin(), tables.strays.end(), std::back_inserter(tables.changes));
  tables.strays.clear();
  // It also writes them out whenever the number of a row does not rise.
  std::sort(tables.changes.begin(), tables.changes.end(),
            [](const Change& a, const Change& b) { return a.doc < b.doc; });
  for (const Change& change : tables.changes) {
    if (change.before && change.after && same_words(kind, *change.before, *change.after)) continue;
    if (change.before) {
      CQRS_TRY(put_words(tables.remove_words, kind, change.doc, *change.before));
    }
    if (change.after) CQRS_TRY(put_words(tables.add_words, kind, change.doc, *change.after));
  }
  tables.changes.clear();
  return {};
}

Status ViewIndex::list(Kind kind, Tables& tables, const Change& change) {
  if (!change.after) return tables.unlist.bind(1, change.doc).run();
  if (change.before) {
    if (listed_alike(*change.before, *change.after)) return {};
    return run_list(tables.relist, kind, change);
  }
  CQRS_TRY(run_list(tables.list, kind, change));
  if (sqlite3_changes(database_.handle()) == 1) return {};
  CQRS_TRY(clear_left_over(tables, change));
  return run_list(tables.relist, kind, change);
}

Status ViewIndex::clear_left_over(Tables& tables, const Change& change) {
  auto row = tables.listed.bind(1, change.created_at.micros).bind(2, change.id).step();
  if (!row) return row.error();
  Change stray;
  stray.doc = *row ? tables.listed.integer(0) : 0;
  tables.listed.reset();
  // Its words are not known any more; those of the row that comes back are the best guess.
  stray.before = change.after;
  if (stray.doc != 0) tables.strays.push_back(std::move(stray));
  return {};
}

Status ViewIndex::run_list(Statement& list, Kind kind, const Change& change) {
  const IndexedFields& fields = *change.after;
  list.bind(1, change.doc).bind(2, change.id).bind(3, change.created_at.micros);
  if (kind == Kind::kOrder) return list.bind(4, std::string_view(fields.status)).run();
  const std::string name = sort_key(fields.name);
  list.bind(4, std::int64_t{fields.active ? 1 : 0}).bind(5, std::string_view(name));
  if (kind == Kind::kUser) return list.bind(6, std::string_view(fields.email)).run();
  return list.bind(6, fields.price.minor).run();
}

Status ViewIndex::put_words(Statement& statement, Kind kind, std::int64_t doc,
                            const IndexedFields& fields) {
  const std::string user = kind == Kind::kOrder ? user_word(fields.user) : std::string();
  auto texts = searched_texts(kind, fields);
  if (kind == Kind::kOrder) texts.front() = user;
  const std::size_t columns = kind == Kind::kUser ? 3 : kind == Kind::kProduct ? 2 : 1;
  statement.bind(1, doc);
  for (std::size_t i = 0; i < columns; ++i) statement.bind(static_cast<int>(i) + 2, texts[i]);
  return statement.run();
}

void ViewIndex::forget() {
  for (auto& tables : tables_) {
    tables.changes.clear();
    tables.strays.clear();
    tables.last_doc.reset();
  }
}

}  // namespace cqrs::sqlite
