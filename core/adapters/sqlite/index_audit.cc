#include "core/adapters/sqlite/index_audit.h"

#include "core/adapters/sqlite/schema.h"
#include "core/adapters/sqlite/view_index.h"
#include "core/base/hash.h"
#include "core/read/indexed_fields.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace cqrs::sqlite {
namespace {

// A sum over the words of one row; the order in which they are met does not matter.
using Sums = std::unordered_map<std::int64_t, std::uint64_t>;

std::uint64_t word_hash(std::string_view word, std::int64_t column, std::int64_t place) {
  std::uint64_t hash = mix64(static_cast<std::uint64_t>(column * 100'003 + place));
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return mix64(hash);
}

class IndexAudit {
 public:
  IndexAudit(Database& database, Words& words, Kind kind, std::size_t limit)
      : database_(database), words_(words), kind_(kind), limit_(limit) {}

  Result<std::vector<Uuid>> run() {
    CQRS_TRY(read_words());
    CQRS_TRY(compare_rows());
    CQRS_TRY(find_left_over());
    return std::move(differing_);
  }

 private:
  // Only ranked words have columns and places; elsewhere a word counts once for its row.
  [[nodiscard]] bool placed() const { return kind_ == Kind::kProduct; }

  Status read_words() {
    const std::string name = std::string(words_table(kind_)) + "_audit";
    // The temporary schema can be written to although the file is opened read-only.
    CQRS_TRY(database_.execute(("CREATE VIRTUAL TABLE IF NOT EXISTS temp." + name +
                                " USING fts5vocab(main, " + words_table(kind_) + ", instance)")
                                   .c_str()));
    Statement every(database_, "SELECT term, doc, col, offset FROM temp." + name);
    for (;;) {
      auto row = every.step();
      if (!row) return row.error();
      if (!*row) return {};
      const std::int64_t column = placed() && every.text(2) == "description" ? 1 : 0;
      indexed_[every.integer(1)] +=
          word_hash(every.text(0), column, placed() ? every.integer(3) : 0);
    }
  }

  Status compare_rows() {
    const std::string extra = kind_ == Kind::kOrder     ? "d.status, 1"
                              : kind_ == Kind::kProduct ? "d.active, d.name, d.price"
                                                        : "d.active, d.name, d.email";
    Statement rows(database_, std::string("SELECT r.id, r.doc, r.body, r.created_at, d.id, "
                                          "d.created_at, ") +
                                  extra + " FROM " + view_table(kind_) + " r LEFT JOIN " +
                                  listed_table(kind_) + " d ON d.doc = r.doc WHERE r.deleted = 0");
    for (;;) {
      auto row = rows.step();
      if (!row) return row.error();
      if (!*row) return {};
      const auto fields = indexed_fields(kind_, rows.text(2));
      const auto sum = fields ? words_sum(*fields) : Result<std::uint64_t>(0);
      if (!sum) return sum.error();
      const auto found = indexed_.find(rows.integer(1));
      // A text may hold no word at all.
      const bool words_agree = (found == indexed_.end() ? 0 : found->second) == *sum;
      if (!fields || !words_agree || !listed_as(rows, *fields)) note(rows.id(0));
      if (found != indexed_.end()) indexed_.erase(found);
    }
  }

  [[nodiscard]] bool listed_as(const Statement& row, const IndexedFields& fields) const {
    if (row.id(4) != row.id(0) || row.integer(5) != row.integer(3)) return false;
    if (kind_ == Kind::kOrder) return row.text(6) == fields.status;
    if ((row.integer(6) != 0) != fields.active || row.text(7) != sort_key(fields.name))
      return false;
    return kind_ == Kind::kUser ? row.text(8) == fields.email
                                : row.integer(8) == fields.price.minor;
  }

  Result<std::uint64_t> words_sum(const IndexedFields& fields) {
    if (kind_ == Kind::kOrder) return word_hash(user_word(fields.user), 0, 0);
    std::uint64_t sum = 0;
    std::vector<std::string> met;
    std::int64_t column = 0;
    for (const auto text : searched_texts(kind_, fields)) {
      std::int64_t place = 0;
      CQRS_TRY(words_.each(text, [&](std::string_view word) {
        if (placed()) {
          sum += word_hash(word, column, place++);
        } else if (std::find(met.begin(), met.end(), word) == met.end()) {
          met.emplace_back(word);
          sum += word_hash(word, 0, 0);
        }
      }));
      ++column;
    }
    return sum;
  }

  // What is indexed or listed and belongs to no row.
  Status find_left_over() {
    Statement rows(database_, std::string("SELECT d.id FROM ") + listed_table(kind_) +
                                  " d LEFT JOIN " + view_table(kind_) +
                                  " r ON r.id = d.id WHERE r.doc IS NOT d.doc");
    for (;;) {
      auto row = rows.step();
      if (!row) return row.error();
      if (!*row) break;
      note(rows.id(0));
    }
    Statement listed(database_,
                     std::string("SELECT id FROM ") + listed_table(kind_) + " WHERE doc = ?");
    for (const auto& [doc, sum] : indexed_) {
      if (differing_.size() >= limit_) break;
      auto row = listed.bind(1, doc).step();
      if (!row) return row.error();
      // With a narrow row it was named above.
      if (!*row) note(Uuid{});
      listed.reset();
    }
    return {};
  }

  void note(const Uuid& id) {
    const bool known = std::find(differing_.begin(), differing_.end(), id) != differing_.end();
    if (differing_.size() < limit_ && !known) differing_.push_back(id);
  }

  Database& database_;
  Words& words_;
  Kind kind_;
  std::size_t limit_;
  Sums indexed_;
  std::vector<Uuid> differing_;
};

}  // namespace

Result<std::vector<Uuid>> index_differences(Database& database, Words& words, Kind kind,
                                            std::size_t limit) {
  return IndexAudit(database, words, kind, limit).run();
}

}  // namespace cqrs::sqlite
