#include "core/adapters/mongo/view_document.h"

#include "core/base/hash.h"
#include "core/read/indexed_fields.h"
#include "core/read/words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace cqrs::mongo {
namespace {

constexpr std::array kIndexed{"active", "name_sort", "email", "price",
                              "status", "user",      "words", "head"};

// `words` is what is found; `head`, the words of the name between blanks, what weighs more.
void append_words(Doc& doc, Kind kind, const IndexedFields& fields) {
  std::vector<std::string> words;
  std::string head = " ";
  bool in_name = true;
  for (const auto text : searched_texts(kind, fields)) {
    for (auto& word : words_of(text)) {
      if (in_name) head += word + ' ';
      words.push_back(std::move(word));
    }
    in_name = false;
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  Doc list;
  for (const auto& word : words) list.next(word);
  doc.array("words", list).text("head", head);
}

Status append_index(Doc& doc, const ViewRow& row) {
  if (row.deleted) return {};
  const Kind kind = row.key.kind;
  auto fields = indexed_fields(kind, row.body);
  if (!fields) return fields.error();
  if (kind == Kind::kOrder) {
    doc.text("status", fields->status).id("user", fields->user);
    return {};
  }
  doc.flag("active", fields->active).text("name_sort", sort_key(fields->name));
  if (kind == Kind::kUser) doc.text("email", fields->email);
  if (kind == Kind::kProduct) doc.number("price", fields->price.minor);
  append_words(doc, kind, *fields);
  return {};
}

std::string described(std::string_view kind, const Uuid& id) {
  return "view row of " + std::string(kind) + " " + to_string(id);
}

}  // namespace

Result<Doc> to_document(const ViewRow& row) {
  Doc doc;
  doc.number("v", row.version).number("p", row.position).flag("del", row.deleted);
  doc.number("b", bucket_of(row.key.id));
  doc.number("dh", std::int64_t{row.digest.high}).number("dl", std::int64_t{row.digest.low});
  doc.number("c", row.created_at.micros).number("u", row.updated_at.micros);
  doc.text("body", row.body);
  CQRS_TRY(append_index(doc, row));
  return doc;
}

Result<ViewRow> to_row(Kind kind, Fields& document) {
  Fields fields = document.inside("row");
  ViewRow row;
  row.key = {kind, document.id("_id")};
  row.version = fields.number("v");
  row.deleted = fields.flag("del");
  row.digest = {fields.half("dh"), fields.half("dl")};
  row.position = fields.number("p");
  row.created_at.micros = fields.number("c");
  row.updated_at.micros = fields.number("u");
  row.body = fields.text("body");
  CQRS_TRY(document.status(described(kind_name(kind), row.key.id)));
  CQRS_TRY(fields.status(described(kind_name(kind), row.key.id)));
  return row;
}

Result<EntityRow> to_entity(Fields& document, bool with_content) {
  Fields fields = document.inside("row");
  EntityRow row;
  row.id = document.id("_id");
  row.version = fields.number("v");
  row.deleted = fields.flag("del");
  row.digest = {fields.half("dh"), fields.half("dl")};
  row.position = fields.number("p");
  if (with_content) row.content = fields.text("body");
  CQRS_TRY(document.status(described("entity", row.id)));
  CQRS_TRY(fields.status(described("entity", row.id)));
  return row;
}

Doc row_fields() {
  return all_of({"row.v", "row.p", "row.del", "row.dh", "row.dl", "row.c", "row.u", "row.body"});
}

Doc entity_fields(bool with_content) {
  Doc fields = all_of({"row.v", "row.p", "row.del", "row.dh", "row.dl"});
  if (with_content) fields.small("row.body", 1);
  return fields;
}

// Both as documents of the same order, because servers need not keep the order of fields.
bool index_agrees(const ViewRow& row, Fields& document) {
  const Fields fields = document.inside("row");
  Doc wanted;
  if (!append_index(wanted, row)) return false;
  Doc expected;
  Doc stored;
  for (const char* key : kIndexed) {
    bson_iter_t at;
    if (bson_iter_init_find(&at, wanted.get(), key)) {
      bson_append_iter(expected.get(), key, -1, &at);
    }
    if (bson_iter_init_find(&at, &fields.bson(), key)) bson_append_iter(stored.get(), key, -1, &at);
  }
  bson_iter_t bucket;
  return bson_equal(expected.get(), stored.get()) &&
         bson_iter_init_find(&bucket, &fields.bson(), "b") &&
         bson_iter_as_int64(&bucket) == bucket_of(row.key.id);
}

}  // namespace cqrs::mongo
