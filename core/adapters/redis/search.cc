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

Result<std::vector<bool>> are_members(Connection& connection, const std::string& key,
                                      std::span<const Uuid> ids) {
  std::vector<bool> found;
  found.reserve(ids.size());
  while (found.size() < ids.size()) {
    const auto rest = ids.subspan(found.size());
    const auto some = rest.first(std::min<std::size_t>(rest.size(), kPortion));
    Arguments members;
    for (const auto& id : some) members.add(id.view());
    auto replies = connection.read(Request().command_with(members, "SMISMEMBER", key));
    if (!replies) return replies.error();
    for (std::size_t i = 0; i < some.size(); ++i) found.push_back((*replies)[0][i].integer() != 0);
  }
  return found;
}

Result<Hits> Search::run(std::string_view words) {
  auto wanted = words_of(words);
  if (wanted.empty()) {
    return invalid("q", "q holds no word to search for: give at least one letter or digit");
  }
  std::vector<Term> terms;
  for (auto word = wanted.begin(); word != wanted.end(); ++word) {
    if (std::find(word + 1, wanted.end(), *word) != wanted.end()) continue;
    auto term = make_term(*word, word + 1 == wanted.end());
    if (!term) return term.error();
    terms.push_back(std::move(*term));
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.size < b.size; });
  auto rarest = fetch(terms.front());
  if (!rarest) return rarest.error();
  Hits hits;
  for (const auto& [id, bits] : *rarest) hits.emplace(id, weight_of(bits));
  for (auto term = terms.begin() + 1; term != terms.end() && !hits.empty(); ++term) {
    CQRS_TRY(narrow(hits, *term));
  }
  return hits;
}

Status Search::narrow(Hits& hits, const Term& term) {
  auto places = probe(term, hits);
  if (!places) return places.error();
  for (auto hit = hits.begin(); hit != hits.end();) {
    const auto place = places->find(hit->first);
    if (place == places->end()) {
      hit = hits.erase(hit);
    } else {
      hit->second += weight_of(place->second);
      ++hit;
    }
  }
  return {};
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
  for (std::size_t next = 0; next < term.sets.size();) {
    const std::size_t from = next;
    std::int64_t entries = 0;
    while (next < term.sets.size() && entries + term.sets[next].size < kPortion) {
      entries += 1 + term.sets[next++].size;
    }
    const std::span sets(term.sets);
    if (next > from) {
      CQRS_TRY(fetch_small(sets.subspan(from, next - from), places));
    } else {
      const Set& large = sets[next++];
      CQRS_TRY(each_member(connection_, large.key, [&](std::string_view member) {
        if (const auto id = uuid_from_bytes(member)) places[*id] |= large.bit;
      }));
    }
  }
  return places;
}

Status Search::fetch_small(std::span<const Set> sets, Places& places) {
  Request request;
  for (const auto& set : sets) request.command("SMEMBERS", set.key);
  auto replies = connection_.read(request);
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const Reply members = (*replies)[i];
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (const auto id = uuid_from_bytes(members[m].text())) places[*id] |= sets[i].bit;
    }
  }
  return {};
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
    auto found = are_members(connection_, set.key, ids);
    if (!found) return found.error();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if ((*found)[i]) places[ids[i]] |= set.bit;
    }
  }
  return places;
}

Result<Search::Places> Search::probe_rows(const Term& term, const std::vector<Uuid>& ids) {
  std::vector<StreamKey> keys;
  keys.reserve(ids.size());
  for (const auto& id : ids) keys.push_back({kind_, id});
  auto rows = read_rows(connection_, keys_, keys);
  if (!rows) return rows.error();
  Places places;
  for (const auto& row : *rows) {
    if (!row || row->deleted) continue;
    auto fields = indexed_fields(kind_, row->body);
    if (!fields) return fields.error();
    const unsigned bits = places_in(term, *fields);
    if (bits != 0) places.emplace(row->key.id, bits);
  }
  return places;
}

unsigned Search::places_in(const Term& term, const IndexedFields& fields) const {
  unsigned bits = 0;
  for (std::size_t i = 0; i < word_classes(kind_).size(); ++i) {
    const auto words = words_in(kind_, i, fields);
    const bool has = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return term.prefix ? word.starts_with(term.word) : word == term.word;
    });
    if (has) bits |= 1U << i;
  }
  return bits;
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
