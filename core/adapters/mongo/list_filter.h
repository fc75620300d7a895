// ListQuery as MongoDB asks it. Internal to this adapter.
#pragma once

#include "core/adapters/mongo/document.h"
#include "core/read/list_query.h"

#include <string>
#include <vector>

namespace cqrs::mongo {

class ListFilter {
 public:
  // Error: invalid (`q`: no letter or digit in its words).
  [[nodiscard]] static Result<ListFilter> of(const ListQuery& query);

  // Whether the best match comes first: then the rows must be ranked, else they are just sorted.
  [[nodiscard]] bool ranked() const;
  // Which rows are meant; with `from_place` only those behind the query's place.
  [[nodiscard]] Doc filter(bool from_place) const;
  // For find(): order, offset, limit, fields.
  [[nodiscard]] Doc options() const;
  // For aggregate(), when ranked: a word in the name weighs 8, elsewhere 1. The server looks at
  // every match, which costs about as much as reading its index entry and its document, and keeps
  // only offset + limit of them.
  [[nodiscard]] Doc pipeline() const;
  // Error: corrupt.
  [[nodiscard]] Result<SortPlace> place_of(Fields& document, const ViewRow& row) const;

 private:
  explicit ListFilter(const ListQuery& query) : query_(query) {}
  // The field that the query sorts by, nullptr for the id alone.
  [[nodiscard]] const char* sort_field() const;
  [[nodiscard]] Doc order() const;
  [[nodiscard]] Doc fields() const;
  void add_words(Doc& all) const;
  void add_place(Doc& all) const;
  [[nodiscard]] Doc weight() const;

  const ListQuery& query_;  // of the caller, who outlives this
  std::vector<std::string> words_;
};

}  // namespace cqrs::mongo
