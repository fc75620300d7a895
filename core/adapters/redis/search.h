// Finds the rows that have all the words of a query. Sets are fetched in small portions and
// intersected here, so that a frequent word costs this reader its time and nobody else theirs.
#pragma once

#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/index_entries.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cqrs::redis {

// How well each row that was found fits: more is better.
using Hits = std::unordered_map<Uuid, int>;

// Every member of a set, some perhaps twice, as one after the other is fetched.
[[nodiscard]] Status each_member(Connection& connection, const std::string& key,
                                 const std::function<void(std::string_view)>& visit);

// For each id whether the set has it.
[[nodiscard]] Result<std::vector<bool>> are_members(Connection& connection, const std::string& key,
                                                    std::span<const Uuid> ids);

class Search {
 public:
  Search(Connection& connection, const Keys& keys, Kind kind)
      : connection_(connection), keys_(keys), kind_(kind) {}

  // Error: invalid (`q`: no letter or digit in the words).
  [[nodiscard]] Result<Hits> run(std::string_view words);

 private:
  // A bit per class of words that has it: first class, bit 0.
  using Places = std::unordered_map<Uuid, unsigned>;
  struct Set {
    std::string key;
    std::int64_t size = 0;
    unsigned bit = 0;
  };
  struct Term {
    std::string word;
    bool prefix = false;
    std::vector<Set> sets;
    Places codes;           // rows with words that have no set
    std::int64_t size = 0;  // of all of it; a guess when there are very many sets
  };

  [[nodiscard]] Result<Term> make_term(const std::string& word, bool prefix);
  // From the list of words: those between two bounds, as ZRANGEBYLEX has them.
  [[nodiscard]] Status add_listed(Term& term, std::size_t word_class, std::string from,
                                  const std::string& end);
  [[nodiscard]] Status measure(Term& term);
  [[nodiscard]] Result<Places> fetch(const Term& term);
  [[nodiscard]] Status fetch_small(std::span<const Set> sets, Places& places);
  // Leaves those that have the term, too.
  [[nodiscard]] Status narrow(Hits& hits, const Term& term);
  // The places of these candidates, by whichever way is cheaper; of others, perhaps, too.
  [[nodiscard]] Result<Places> probe(const Term& term, const Hits& candidates);
  [[nodiscard]] Result<Places> probe_sets(const Term& term, const std::vector<Uuid>& ids);
  [[nodiscard]] Result<Places> probe_rows(const Term& term, const std::vector<Uuid>& ids);
  [[nodiscard]] unsigned places_in(const Term& term, const IndexedFields& fields) const;
  [[nodiscard]] int weight_of(unsigned places) const;

  Connection& connection_;
  const Keys& keys_;
  Kind kind_;
};

}  // namespace cqrs::redis
