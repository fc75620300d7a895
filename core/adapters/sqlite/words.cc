#include "core/adapters/sqlite/words.h"

#include <algorithm>
#include <array>

namespace cqrs::sqlite {
namespace {

fts5_api* api_of(Database& database) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &statement, nullptr) ==
      SQLITE_OK) {
    // The type name is part of FTS5's interface.
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

using Visit = std::function<void(std::string_view)>;

int give_word(void* visit, int /*flags*/, const char* word, int size, int /*from*/, int /*to*/) {
  (*static_cast<const Visit*>(visit))({word, static_cast<std::size_t>(size)});
  return SQLITE_OK;
}

}  // namespace

Words::Words(Database& database) {
  fts5_api* api = api_of(database);
  if (api == nullptr) return;
  void* context = nullptr;
  if (api->xFindTokenizer(api, "unicode61", &context, &methods_) != SQLITE_OK) return;
  // As the tables in schema.cc say it.
  std::array<const char*, 2> options{"remove_diacritics", "2"};
  if (methods_.xCreate(context, options.data(), static_cast<int>(options.size()), &tokenizer_) !=
      SQLITE_OK) {
    tokenizer_ = nullptr;
  }
}

Words::~Words() {
  if (tokenizer_ != nullptr) methods_.xDelete(tokenizer_);
}

Status Words::each(std::string_view text, const Visit& visit) {
  if (tokenizer_ == nullptr) {
    return make_error(ErrorCode::kInternal,
                      "this SQLite has no full-text search: use one that was built with FTS5");
  }
  const int code = methods_.xTokenize(tokenizer_, const_cast<Visit*>(&visit), FTS5_TOKENIZE_QUERY,
                                      text.data(), static_cast<int>(text.size()), give_word);
  if (code == SQLITE_OK) return {};
  return make_error(ErrorCode::kUnavailable, std::string("search words: ") + sqlite3_errstr(code));
}

Result<std::string> Words::match_all(std::string_view text) {
  std::vector<std::string> words;
  CQRS_TRY(each(text, [&](std::string_view word) { words.emplace_back(word); }));
  if (words.empty()) {
    return invalid("q", "q holds no word to search for: give at least one letter or digit");
  }
  std::string expression;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto earlier = words.begin() + static_cast<std::ptrdiff_t>(i);
    const bool last = i + 1 == words.size();
    if (!last && std::find(words.begin(), earlier, words[i]) != earlier) continue;
    if (!expression.empty()) expression += " AND ";
    // A word holds letters and digits only, never a quote.
    expression += '"' + words[i] + (last ? "\" *" : "\"");
  }
  return expression;
}

}  // namespace cqrs::sqlite
