// The tokenizer of the full-text indexes, used to cut what people typed into words: by the same
// rules as the indexed texts, and so that nothing of it is ever query syntax.
#pragma once

#include "core/adapters/sqlite/database.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs::sqlite {

// Used by one thread at a time; `database` must outlive it.
class Words {
 public:
  explicit Words(Database& database);
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words();

  // Lower case, without diacritics. Error: internal (this SQLite has no FTS5), unavailable
  // (memory).
  [[nodiscard]] Status each(std::string_view text,
                            const std::function<void(std::string_view word)>& visit);
  // An FTS5 expression: every word, the last one as a prefix. Error: invalid (`q`) without any
  // word.
  [[nodiscard]] Result<std::string> match_all(std::string_view text);

 private:
  fts5_tokenizer methods_{};
  Fts5Tokenizer* tokenizer_ = nullptr;
};

}  // namespace cqrs::sqlite
