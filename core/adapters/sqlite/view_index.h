// Keeps what lists and searches read in step with the rows of the views, inside the transaction of
// those rows: the …_listed tables and the full-text indexes. Used by the projector's store.
#pragma once

#include "core/adapters/sqlite/database.h"
#include "core/read/indexed_fields.h"
#include "core/read/view_row.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::sqlite {

class ViewIndex {
 public:
  explicit ViewIndex(Database& database);

  // The number that the next new row of this kind gets. Error: what reading the tables gives.
  [[nodiscard]] Result<std::int64_t> next_doc(Kind kind);
  // Notes a row that was written. `before` is the body that stood there (empty: none, or deleted).
  // `row` is copied from; without one, or with a deleted one, what is indexed is taken out.
  [[nodiscard]] Status note(std::int64_t doc, const StreamKey& key, std::string_view before,
                            const ViewRow* row);
  // Writes what was noted. Within the caller's transaction, and the last thing in it.
  [[nodiscard]] Status apply();
  // The transaction was rolled back, or another owner may have written: numbers are read anew.
  void forget();

 private:
  struct Change {
    std::int64_t doc = 0;
    Uuid id;
    Timestamp created_at;
    std::optional<IndexedFields> before, after;
  };
  struct Tables {
    Statement list, relist, unlist, listed, add_words, remove_words;
    std::vector<Change> changes, strays;
    std::optional<std::int64_t> last_doc;
  };
  [[nodiscard]] Status list(Kind kind, Tables& tables, const Change& change);
  // Takes out what a lost row left behind, so that the row can be listed anew.
  [[nodiscard]] static Status clear_left_over(Tables& tables, const Change& change);
  [[nodiscard]] static Status run_list(Statement& list, Kind kind, const Change& change);
  [[nodiscard]] static Status write_words(Kind kind, Tables& tables);
  [[nodiscard]] static Status put_words(Statement& statement, Kind kind, std::int64_t doc,
                                        const IndexedFields& fields);

  Database& database_;
  std::array<Tables, kAllKinds.size()> tables_;
};

// The one word by which an order is found: its user's id without hyphens.
[[nodiscard]] std::string user_word(const Uuid& user);

}  // namespace cqrs::sqlite
