#include "core/adapters/redis/search.h"

#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/words.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

// Entries that one request asks for: some milliseconds of the server.
constexpr std::int64_t kPortion = 4'000;
// Rows that are rather read and looked through than sought in very many sets.
constexpr std::size_t kFewRows = 2'000;
constexpr std::size_t kFewSets = 8;
constexpr std::size_t kManySets = 20'000;

}  // namespace

Status each_member(Connection& connection, const std::string& key,
                   const std::function<void(std::string_view)>& visit) {
  std::string cursor = "0";
  do {
    auto replies = connection.read(Request().command("SSCAN", key, cursor, "COUNT", kPortion));
    if (!replies) return replies.error();
    const Reply members = (*replies)[0][1];
    for (std::size_t i = 0; i < members.size(); ++i) visit(members[i].text());
    cursor = (*replies)[0][0].text();
  } while (cursor != "0");
  return {};
}

Result<Hits> Search::run(std::string_view words) {
  auto wanted = words_of(words);
  if (wanted.empty()) {
    return invalid("q", "q holds no word to search for: give at least one letter or digit");
  }
  std::vector<Term> terms;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool last = i + 1 == wanted.size();
    if (std::find(wanted.begin() + static_cast<std::ptrdiff_t>(i) + 1, wanted.end(), wanted[i]) !=
        wanted.end()) {
      continue;
    }
    auto term = make_term(wanted[i], last);
    if (!term) return term.error();
    terms.push_back(std::move(*term));
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.size < b.size; });
  Hits hits;
  for (const auto& term : terms) {
    const bool first = &term == terms.data();
    auto places = first ? fetch(term) : probe(term, hits);
    if (!places) return places.error();
    Hits both;
    for (const auto& [id, bits] : *places) {
      const auto before = hits.find(id);
      if (!first && before == hits.end()) continue;
      both.emplace(id, (first ? 0 : before->second) + weight_of(bits));
    }
    hits = std::move(both);
    if (hits.empty()) break;
  }
  return hits;
}

Result<Search::Term> Search::make_term(const std::string& word, bool prefix) {
  Term term;
  term.word = word;
  term.prefix = prefix;
  const auto classes = word_classes(kind_);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (prefix) {
      // No byte of UTF-8 is greater.
      CQRS_TRY(add_listed(term, i, "[" + word, "(" + word + "\xff"));
    } else if (is_code(word)) {
      CQRS_TRY(add_listed(term, i, "[" + word + '\0', "(" + word + '\1'));
    } else {
      term.sets.push_back({keys_.of(words_key(classes[i].name, word)), 0, 1U << i});
    }
  }
  CQRS_TRY(measure(term));
  return term;
}

Status Search::add_listed(Term& term, std::size_t word_class, std::string from,
                          const std::string& end) {
  const auto name = word_classes(kind_)[word_class].name;
  const std::string dictionary = keys_.of(dictionary_key(name));
  for (std::size_t got = kPortion; got == kPortion;) {
    auto replies = connection_.read(Request().command("ZRANGEBYLEX", dictionary, from, end, "LIMIT",
                                                      std::int64_t{0}, kPortion));
    if (!replies) return replies.error();
    const Reply members = (*replies)[0];
    got = members.size();
    for (std::size_t i = 0; i < got; ++i) {
      const auto member = members[i].text();
      if (!is_code_entry(member)) {
        term.sets.push_back({keys_.of(words_key(name, member)), 0, 1U << word_class});
      } else if (const auto id = uuid_from_bytes(member.substr(member.size() - 16))) {
        term.codes[*id] |= 1U << word_class;
      }
    }
    if (got > 0) from = "(" + std::string(members[got - 1].text());
  }
  return {};
}

Status Search::measure(Term& term) {
  term.size = static_cast<std::int64_t>(term.codes.size());
  if (term.sets.size() > kManySets) {
    // Nearly all of so many are words of one row each.
    for (auto& set : term.sets) set.size = 1;
    term.size += static_cast<std::int64_t>(term.sets.size());
    return {};
  }
  for (std::size_t from = 0; from < term.sets.size(); from += kPortion) {
    const std::size_t to = std::min(term.sets.size(), from + kPortion);
    Request request;
    for (std::size_t i = from; i < to; ++i) request.command("SCARD", term.sets[i].key);
    auto replies = connection_.read(request);
    if (!replies) return replies.error();
    for (std::size_t i = from; i < to; ++i) {
      term.sets[i].size = (*replies)[i - from].integer();
      term.size += term.sets[i].size;
    }
  }
  return {};
}

Result<Search::Places> Search::fetch(const Term& term) {
  Places places = term.codes;
  const auto note = [&](std::string_view member, unsigned bit) {
    if (const auto id = uuid_from_bytes(member)) places[*id] |= bit;
  };
  for (std::size_t next = 0; next < term.sets.size();) {
    Request request;
    const std::size_t from = next;
    for (std::int64_t entries = 0; next < term.sets.size(); ++next) {
      entries += 1 + term.sets[next].size;
      if (entries > kPortion) break;
      request.command("SMEMBERS", term.sets[next].key);
    }
    if (next == from) {
      const Set& large = term.sets[next++];
      CQRS_TRY(each_member(connection_, large.key,
                           [&](std::string_view member) { note(member, large.bit); }));
      continue;
    }
    auto replies = connection_.read(request);
    if (!replies) return replies.error();
    for (std::size_t i = from; i < next; ++i) {
      const Reply members = (*replies)[i - from];
      for (std::size_t m = 0; m < members.size(); ++m) note(members[m].text(), term.sets[i].bit);
    }
  }
  return places;
}

Result<Search::Places> Search::probe(const Term& term, const Hits& candidates) {
  const auto count = static_cast<std::int64_t>(candidates.size());
  const auto sets = static_cast<std::int64_t>(term.sets.size());
  const bool few_sets = term.sets.size() <= kFewSets && count * sets < term.size;
  const bool few_rows = candidates.size() <= kFewRows && count * 4 < term.size;
  if (!few_sets && !few_rows) return fetch(term);
  std::vector<Uuid> ids;
  ids.reserve(candidates.size());
  for (const auto& [id, weight] : candidates) ids.push_back(id);
  return few_sets ? probe_sets(term, ids) : probe_rows(term, ids);
}

Result<Search::Places> Search::probe_sets(const Term& term, const std::vector<Uuid>& ids) {
  Places places = term.codes;
  for (const auto& set : term.sets) {
    for (std::size_t from = 0; from < ids.size(); from += kPortion) {
      const std::size_t to = std::min(ids.size(), from + kPortion);
      Arguments members;
      for (std::size_t i = from; i < to; ++i) members.add(ids[i].view());
      auto replies = connection_.read(Request().command_with(members, "SMISMEMBER", set.key));
      if (!replies) return replies.error();
      for (std::size_t i = from; i < to; ++i) {
        if ((*replies)[0][i - from].integer() != 0) places[ids[i]] |= set.bit;
      }
    }
  }
  return places;
}

Result<Search::Places> Search::probe_rows(const Term& term, const std::vector<Uuid>& ids) {
  std::vector<StreamKey> keys;
  for (const auto& id : ids) keys.push_back({kind_, id});
  auto rows = read_rows(connection_, keys_, keys);
  if (!rows) return rows.error();
  Places places;
  for (const auto& row : *rows) {
    if (!row || row->deleted) continue;
    auto fields = indexed_fields(kind_, row->body);
    if (!fields) return fields.error();
    for (std::size_t i = 0; i < word_classes(kind_).size(); ++i) {
      for (const auto& word : words_in(kind_, i, *fields)) {
        const bool has = term.prefix ? word.starts_with(term.word) : word == term.word;
        if (has) places[row->key.id] |= 1U << i;
      }
    }
  }
  return places;
}

int Search::weight_of(unsigned places) const {
  int weight = 0;
  for (const auto& word_class : word_classes(kind_)) {
    if ((places & 1U) != 0) weight += word_class.weight;
    places >>= 1U;
  }
  return weight;
}

}  // namespace cqrs::redis
