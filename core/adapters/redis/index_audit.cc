#include "core/adapters/redis/index_audit.h"

#include "core/adapters/redis/index_entries.h"
#include "core/adapters/redis/row_codec.h"
#include "core/adapters/redis/row_reader.h"
#include "core/base/hash.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace cqrs::redis {
namespace {

constexpr std::int64_t kPortion = 2'000;
constexpr std::size_t kKeysAtOnce = 200;
constexpr int kLooks = 8;  // at one entity that changes all the time

std::uint64_t entry_hash(std::string_view key, std::string_view member, std::int64_t score) {
  return mix64(fnv1a(key) ^ mix64(fnv1a(member) ^ mix64(static_cast<std::uint64_t>(score))));
}

std::optional<Uuid> id_in(std::string_view member) {
  return member.size() < 16 ? std::nullopt : uuid_from_bytes(member.substr(member.size() - 16));
}

// Key and member of an entry: where it stands, whatever its score.
using Spot = std::pair<std::string, std::string>;

class IndexAudit {
 public:
  IndexAudit(Connection& connection, const Keys& keys, Kind kind, std::size_t limit)
      : connection_(connection), keys_(keys), kind_(kind), limit_(limit) {}

  Result<std::vector<Uuid>> run() {
    CQRS_TRY(read_rows_of_all_buckets());
    CQRS_TRY(find_index_keys());
    CQRS_TRY(read_index([this](std::string_view key, std::string_view member, std::int64_t score) {
      const auto id = id_in(member);
      sums_[id.value_or(Uuid{})] -= entry_hash(key, member, score);
    }));
    CQRS_TRY(compare_dictionaries());
    CQRS_TRY(look_again());
    return std::move(differing_);
  }

 private:
  using Visit = std::function<void(std::string_view, std::string_view, std::int64_t)>;

  Status read_rows_of_all_buckets() {
    return each_row_in(connection_, keys_, kind_, Buckets{0, kBuckets},
                       [this](std::string_view raw_id, std::string_view packed) -> Status {
                         const auto id = uuid_from_bytes(raw_id);
                         return id ? note_row(*id, packed) : Status();
                       });
  }

  Status note_row(const Uuid& id, std::string_view packed) {
    auto row = unpack_row({kind_, id}, packed);
    if (!row) return row.error();
    auto entries = index_entries(*row);
    // A body that cannot be read differs, whatever the index says of it.
    if (!entries) return suspect(id);
    auto& sum = sums_[id];
    for (const auto& entry : *entries) {
      sum += entry_hash(entry.key, entry.member, entry.score);
      if (entry.kind == EntryKind::kWord) words_.try_emplace(fnv1a(entry.key), id);
    }
    return {};
  }

  Status suspect(const Uuid& id) {
    sums_[id] += 1;
    return {};
  }

  // Sets are found by their names: one that no list of words leads to is seen as well.
  Status find_index_keys() {
    sorted_ = {key_name('i', kind_), key_name('c', kind_)};
    if (kind_ != Kind::kOrder) {
      sorted_.push_back(key_name('n', kind_));
      sorted_.emplace_back(kind_ == Kind::kUser ? "e1" : "p2");
      sets_.push_back(key_name('x', kind_));
      return scan(key_name('w', kind_), sets_);
    }
    CQRS_TRY(scan("s3:", sorted_));
    return scan("u3:", sorted_);
  }

  Status scan(const std::string& name, std::vector<std::string>& found) {
    const std::string pattern = glob_prefix(keys_.of(name));
    std::string cursor = "0";
    do {
      auto replies =
          connection_.read(Request().command("SCAN", cursor, "MATCH", pattern, "COUNT", kPortion));
      if (!replies) return replies.error();
      const Reply names = (*replies)[0][1];
      for (std::size_t i = 0; i < names.size(); ++i) {
        found.emplace_back(names[i].text().substr(keys_.root().size()));
      }
      cursor = (*replies)[0][0].text();
    } while (cursor != "0");
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return {};
  }

  Status read_index(const Visit& visit) {
    CQRS_TRY(read_keys(sorted_, "ZSCAN", visit));
    CQRS_TRY(read_keys(sets_, "SSCAN", visit));
    return read_keys(dictionaries(), "ZSCAN",
                     [&](std::string_view key, std::string_view member, std::int64_t score) {
                       if (is_code_entry(member)) visit(key, member, score);
                     });
  }

  [[nodiscard]] std::vector<std::string> dictionaries() const {
    std::vector<std::string> names;
    for (const auto& word_class : word_classes(kind_)) {
      names.push_back(dictionary_key(word_class.name));
    }
    return names;
  }

  struct Open {
    std::string name;
    std::string cursor = "0";
  };

  // Many small ones in one request; what is larger goes on by its cursor.
  Status read_keys(const std::vector<std::string>& names, std::string_view command,
                   const Visit& visit) {
    std::vector<Open> open;
    for (std::size_t next = 0; next < names.size() || !open.empty();) {
      while (open.size() < kKeysAtOnce && next < names.size()) open.push_back({names[next++]});
      const std::int64_t portion = kPortion / static_cast<std::int64_t>(open.size()) + 10;
      Request request;
      for (const auto& key : open) {
        request.command(command, keys_.of(key.name), key.cursor, "COUNT", portion);
      }
      auto replies = connection_.read(request);
      if (!replies) return replies.error();
      for (std::size_t i = 0; i < open.size(); ++i) {
        visit_members(open[i].name, (*replies)[i][1], command == "ZSCAN", visit);
        open[i].cursor = (*replies)[i][0].text();
      }
      std::erase_if(open, [](const Open& key) { return key.cursor == "0"; });
    }
    return {};
  }

  static void visit_members(std::string_view key, const Reply& members, bool scored,
                            const Visit& visit) {
    const std::size_t stride = scored ? 2 : 1;
    for (std::size_t i = 0; i + stride <= members.size(); i += stride) {
      visit(key, members[i].text(), scored ? score_in(members[i + 1].text()) : 0);
    }
  }

  // A word that is not listed is not found by its beginning; one that is listed has a set.
  Status compare_dictionaries() {
    CQRS_TRY(read_keys(dictionaries(), "ZSCAN",
                       [&](std::string_view dictionary, std::string_view word, std::int64_t) {
                         if (is_code_entry(word)) return;
                         const std::string key = words_key(dictionary.substr(1), word);
                         if (words_.erase(fnv1a(key)) == 0) stray_words_.insert(key);
                       }));
    for (const auto& [hash, id] : words_) CQRS_TRY(suspect(id));
    for (const auto& key : stray_words_) {
      if (differing_.size() >= limit_) break;
      Request request;
      request.command("MULTI").command("EXISTS", keys_.of(key));
      add_listed(request, key).command("EXEC");
      auto replies = connection_.read(request);
      if (!replies) return replies.error();
      const Reply seen = (*replies)[3];
      if (seen[0].integer() == 0 && !seen[1].is_nil()) note(Uuid{});
    }
    return {};
  }

  // Asks for the score of a set's word in the list of words.
  Request& add_listed(Request& request, const std::string& key) const {
    const auto colon = key.find(':');
    return request.command("ZSCORE", keys_.of(dictionary_key(key.substr(1, colon - 1))),
                           key.substr(colon + 1));
  }

  Status look_again() {
    std::unordered_map<Uuid, std::set<Spot>> suspects;
    for (const auto& [id, sum] : sums_) {
      if (sum != 0) suspects.try_emplace(id);
    }
    sums_.clear();
    if (suspects.empty()) return {};
    // Where in the index they stand is known only now that they are suspects.
    CQRS_TRY(read_index([&](std::string_view key, std::string_view member, std::int64_t) {
      const auto suspected = suspects.find(id_in(member).value_or(Uuid{}));
      if (suspected != suspects.end()) suspected->second.emplace(key, member);
    }));
    for (auto& [id, spots] : suspects) {
      if (differing_.size() >= limit_) break;
      auto differs = look_at(id, spots);
      if (!differs) return differs.error();
      if (*differs) note(id);
    }
    return {};
  }

  Result<bool> look_at(const Uuid& id, std::set<Spot>& spots) {
    const StreamKey key{kind_, id};
    std::string packed;
    std::vector<IndexEntry> expected;
    for (int look = 0; look < kLooks; ++look) {
      for (const auto& entry : expected) spots.emplace(entry.key, entry.member);
      Request request;
      request.command("MULTI").command("HGET", keys_.row(key), id.view());
      for (const auto& [name, member] : spots) ask_for(request, name, member);
      request.command("EXEC");
      auto replies = connection_.read(request);
      if (!replies) return replies.error();
      const Reply seen = (*replies)[replies->size() - 1];
      const auto now = seen[0].text();
      if (look > 0 && now == packed) return tells_otherwise(seen, expected, spots);
      packed = now;
      expected.clear();
      if (packed.empty()) continue;
      auto entries = entries_of(key, packed);
      if (!entries) return entries.error().code == ErrorCode::kCorrupt;
      expected = std::move(*entries);
    }
    return false;  // it changes faster than it can be looked at: no difference that stays
  }

  static Result<std::vector<IndexEntry>> entries_of(const StreamKey& key, std::string_view packed) {
    auto row = unpack_row(key, packed);
    if (!row) return row.error();
    return index_entries(*row);
  }

  // Two answers for a word's set: the second is whether the word is listed.
  void ask_for(Request& request, const std::string& name, const std::string& member) const {
    if (name.front() == 'w') {
      request.command("SISMEMBER", keys_.of(name), member);
      add_listed(request, name);
    } else if (name.front() == 'x') {
      request.command("SISMEMBER", keys_.of(name), member);
    } else {
      request.command("ZSCORE", keys_.of(name), member);
    }
  }

  static bool tells_otherwise(const Reply& seen, const std::vector<IndexEntry>& expected,
                              const std::set<Spot>& spots) {
    std::map<Spot, std::int64_t> wanted;
    for (const auto& entry : expected) wanted.emplace(Spot{entry.key, entry.member}, entry.score);
    std::size_t at = 1;
    for (const auto& spot : spots) {
      const auto want = wanted.find(spot);
      const Reply answer = seen[at++];
      const bool is_set = spot.first.front() == 'w' || spot.first.front() == 'x';
      const bool there = is_set ? answer.integer() != 0 : !answer.is_nil();
      const bool listed = spot.first.front() != 'w' || !seen[at++].is_nil();
      if (there != (want != wanted.end()) || (there && !listed)) return true;
      if (there && !is_set && score_in(answer.text()) != want->second) return true;
    }
    return false;
  }

  void note(const Uuid& id) {
    const bool known = std::find(differing_.begin(), differing_.end(), id) != differing_.end();
    if (differing_.size() < limit_ && !known) differing_.push_back(id);
  }

  Connection& connection_;
  const Keys& keys_;
  Kind kind_;
  std::size_t limit_;
  std::vector<std::string> sorted_, sets_;  // the index, key by key
  std::unordered_map<Uuid, std::uint64_t> sums_;
  std::unordered_map<std::uint64_t, Uuid> words_;  // by the hash of the key; a row that has it
  std::unordered_set<std::string> stray_words_;
  std::vector<Uuid> differing_;
};

}  // namespace

Result<std::vector<Uuid>> index_differences(Connection& connection, const Keys& keys, Kind kind,
                                            std::size_t limit) {
  return IndexAudit(connection, keys, kind, limit).run();
}

}  // namespace cqrs::redis
