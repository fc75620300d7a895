#include "core/adapters/mongo/list_filter.h"

#include "core/adapters/mongo/view_document.h"
#include "core/read/words.h"

#include <algorithm>

namespace cqrs::mongo {
namespace {

bool text_key(SortKey sort) { return sort == SortKey::kName || sort == SortKey::kEmail; }

std::int64_t whole(std::size_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

Result<ListFilter> ListFilter::of(const ListQuery& query) {
  ListFilter list(query);
  list.words_ = words_of(query.words);
  if (!query.words.empty() && list.words_.empty()) {
    return invalid("q", "q holds no word to search for: give at least one letter or digit");
  }
  return list;
}

bool ListFilter::ranked() const { return query_.sort == SortKey::kRelevance && !words_.empty(); }

const char* ListFilter::sort_field() const {
  switch (query_.sort) {
    case SortKey::kCreatedAt:
      return "row.c";
    case SortKey::kName:
      return "row.name_sort";
    case SortKey::kEmail:
      return "row.email";
    case SortKey::kPrice:
      return "row.price";
    case SortKey::kRelevance:
      break;
  }
  return nullptr;
}

Doc ListFilter::filter(bool from_place) const {
  Doc filter;
  filter.flag("row.del", false);
  if (query_.active) filter.flag("row.active", *query_.active);
  if (query_.user) filter.id("row.user", *query_.user);
  if (!query_.status.empty()) filter.text("row.status", query_.status);
  Doc all;
  add_words(all);
  if (from_place && query_.after) add_place(all);
  if (!all.empty()) filter.array("$and", all);
  return filter;
}

// Words hold letters and digits only, nothing that means something in an expression; and the server
// turns a fixed beginning into a range of its index.
void ListFilter::add_words(Doc& all) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    Doc word;
    if (i + 1 == words_.size()) {
      word.regex("row.words", "^" + words_[i]);
    } else {
      word.text("row.words", words_[i]);
    }
    all.next(word);
  }
}

// (key, id) behind the place, as a union of two ranges; the first condition lets the server begin
// at the key.
void ListFilter::add_place(Doc& all) const {
  const char* field = sort_field();
  const char* beyond = query_.descending ? "$lt" : "$gt";
  const Doc later_id = one(beyond, query_.after->id);
  if (field == nullptr) {
    all.next(one("_id", later_id));
    return;
  }
  const auto compared = [&](const char* how) {
    return text_key(query_.sort) ? one(how, query_.after->text) : one(how, query_.after->number);
  };
  Doc equal;
  equal.doc(field, compared("$eq")).doc("_id", later_id);
  Doc either;
  either.next(one(field, compared(beyond))).next(equal);
  all.next(one(field, compared(query_.descending ? "$lte" : "$gte")));
  Doc choice;
  choice.array("$or", either);
  all.next(choice);
}

Doc ListFilter::order() const {
  const int way = query_.descending ? -1 : 1;
  Doc order;
  if (const char* field = sort_field()) order.small(field, way);
  order.small("_id", way);
  return order;
}

Doc ListFilter::fields() const {
  Doc fields = row_fields();
  // The creation time is in a row anyway.
  const char* field = sort_field();
  if (field != nullptr && query_.sort != SortKey::kCreatedAt) fields.small(field, 1);
  return fields;
}

Doc ListFilter::options() const {
  Doc options;
  options.doc("sort", order()).number("skip", whole(query_.offset));
  options.number("limit", whole(query_.limit)).number("batchSize", whole(query_.limit) + 1);
  options.doc("projection", fields());
  return options;
}

// Looks for each word among those of the name, which stand between blanks.
Doc ListFilter::weight() const {
  Doc sum;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const bool last = i + 1 == words_.size();
    Doc arguments;
    arguments.next("$row.head").next(' ' + words_[i] + (last ? "" : " "));
    Doc place;
    place.array("$indexOfBytes", arguments);
    Doc found;
    found.next(place).next(std::int64_t{0});
    Doc in_name;
    in_name.array("$gte", found);
    Doc choice;
    choice.next(in_name).next(std::int64_t{8}).next(std::int64_t{1});
    Doc cond;
    cond.array("$cond", choice);
    sum.next(cond);
  }
  Doc weight;
  weight.array("$add", sum);
  return weight;
}

Doc ListFilter::pipeline() const {
  Doc order;
  order.small("weight", -1).small("_id", 1);
  Doc stages;
  stages.next(one("$match", filter(false)));
  stages.next(one("$addFields", one("weight", weight())));
  stages.next(one("$sort", order)).next(one("$skip", whole(query_.offset)));
  stages.next(one("$limit", whole(query_.limit))).next(one("$project", fields()));
  Doc pipeline;
  pipeline.array("pipeline", stages);
  return pipeline;
}

Result<SortPlace> ListFilter::place_of(Fields& document, const ViewRow& row) const {
  SortPlace place;
  place.id = row.key.id;
  Fields fields = document.inside("row");
  if (query_.sort == SortKey::kCreatedAt) place.number = row.created_at.micros;
  if (query_.sort == SortKey::kName) place.text = fields.text("name_sort");
  if (query_.sort == SortKey::kEmail) place.text = fields.text("email");
  if (query_.sort == SortKey::kPrice) place.number = fields.number("price");
  CQRS_TRY(fields.status("view row " + to_string(row.key.id)));
  return place;
}

}  // namespace cqrs::mongo
