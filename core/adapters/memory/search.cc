#include "core/adapters/memory/search.h"

#include "core/read/indexed_fields.h"

#include <algorithm>
#include <tuple>

namespace cqrs::memory {
namespace {

// U+00C0 to U+017F by their letter; '.' where there is none to fold to.
constexpr std::string_view kLatin =
    "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
    "aaaaaaccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.llllll."
    "...nnnnnn...oooooo..rrrrrrsssssssstttt..uuuuuuuuuuuuwwyyyzzzzzzs";

// Reads one code point at `at` and moves on; what is no UTF-8 counts as its bytes.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const std::uint32_t first = byte(at);
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  std::uint32_t code = more == 0 ? first : first & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 1; i <= more; ++i) {
    code = code << 6U | (byte(at + static_cast<std::size_t>(i)) & 0x3FU);
  }
  at += 1 + static_cast<std::size_t>(more);
  return code;
}

bool is_symbol(std::uint32_t code) {
  return (code >= 0x80 && code < 0xC0) || code == 0xD7 || code == 0xF7 ||
         (code >= 0x2000 && code < 0x2C00) || (code >= 0x3000 && code < 0x3005) || code >= 0x1F000;
}

// Whether the row has the word; a prefix counts when `prefix`.
bool has_word(const std::vector<std::string>& words, const std::string& wanted, bool prefix) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return prefix ? word.starts_with(wanted) : word == wanted;
  });
}

struct Hit {
  const ViewRow* row = nullptr;
  SortPlace place;
  int weight = 0;
};

class Search {
 public:
  explicit Search(const ListQuery& query) : query_(query), wanted_(words_of(query.words)) {}

  // Every row that the query means, in its order.
  Result<std::vector<Hit>> run(const MemoryViews& views) const {
    if (!query_.words.empty() && wanted_.empty()) {
      return invalid("q", "q holds no word to search for: give at least one letter or digit");
    }
    std::vector<Hit> hits;
    for (const auto& [key, row] : views.rows) {
      if (key.kind != query_.kind || row.deleted) continue;
      auto fields = indexed_fields(key.kind, row.body);
      if (!fields) return fields.error();
      const int weight = weight_of(*fields);
      if (weight > 0 && passes(*fields)) hits.push_back({&row, place_of(row, *fields), weight});
    }
    std::sort(hits.begin(), hits.end(),
              [this](const Hit& a, const Hit& b) { return before(a, b); });
    return hits;
  }

 private:
  // 0 when a word is missing; more the better it fits.
  [[nodiscard]] int weight_of(const IndexedFields& fields) const {
    if (wanted_.empty()) return 1;
    int weight = 0;
    std::vector<std::vector<std::string>> texts;
    for (const auto text : searched_texts(query_.kind, fields)) texts.push_back(words_of(text));
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const bool prefix = i + 1 == wanted_.size();
      int found = 0;
      if (has_word(texts[0], wanted_[i], prefix)) found += 8;
      if (has_word(texts[1], wanted_[i], prefix)) found += 1;
      if (has_word(texts[2], wanted_[i], prefix)) found += 1;
      if (found == 0) return 0;
      weight += found;
    }
    return weight;
  }

  [[nodiscard]] bool passes(const IndexedFields& fields) const {
    return (!query_.active || *query_.active == fields.active) &&
           (!query_.user || *query_.user == fields.user) &&
           (query_.status.empty() || query_.status == fields.status);
  }

  [[nodiscard]] SortPlace place_of(const ViewRow& row, const IndexedFields& fields) const {
    switch (query_.sort) {
      case SortKey::kCreatedAt:
        return {{}, row.created_at.micros, row.key.id};
      case SortKey::kName:
        return {sort_key(fields.name), 0, row.key.id};
      case SortKey::kEmail:
        return {fields.email, 0, row.key.id};
      case SortKey::kPrice:
        return {{}, fields.price.minor, row.key.id};
      case SortKey::kRelevance:
        break;
    }
    return {{}, 0, row.key.id};
  }

  [[nodiscard]] bool before(const Hit& a, const Hit& b) const {
    if (query_.sort == SortKey::kRelevance && a.weight != b.weight) return a.weight > b.weight;
    return query_.descending ? comes_before(b.place, a.place) : comes_before(a.place, b.place);
  }

 public:
  static bool comes_before(const SortPlace& a, const SortPlace& b) {
    return std::tie(a.text, a.number, a.id) < std::tie(b.text, b.number, b.id);
  }

 private:
  const ListQuery& query_;
  std::vector<std::string> wanted_;
};

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const std::uint32_t code = code_point(text, at);
    std::string letter(text.substr(from, at - from));
    if (code < 0x80) {
      letter.front() = code >= 'A' && code <= 'Z' ? static_cast<char>(code + 32) : letter.front();
    } else if (code >= 0xC0 && code < 0x180 && kLatin[code - 0xC0] != '.') {
      letter = kLatin[code - 0xC0];
    }
    const bool ascii = code < 0x80;
    const char c = letter.front();
    const bool part = ascii ? (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') : !is_symbol(code);
    if (part && !inside) words.emplace_back();
    if (part) words.back() += letter;
    inside = part;
  }
  return words;
}

Result<Listed> find(const MemoryViews& views, const ListQuery& query) {
  auto hits = Search(query).run(views);
  if (!hits) return hits.error();
  Listed listed;
  std::size_t skip = query.offset;
  for (const auto& hit : *hits) {
    if (listed.rows.size() == query.limit) break;
    if (query.after) {
      const bool later = query.descending ? Search::comes_before(hit.place, *query.after)
                                          : Search::comes_before(*query.after, hit.place);
      if (!later) continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    listed.rows.push_back(*hit.row);
    listed.places.push_back(hit.place);
  }
  return listed;
}

Result<std::int64_t> count(const MemoryViews& views, const ListQuery& query) {
  auto hits = Search(query).run(views);
  if (!hits) return hits.error();
  return static_cast<std::int64_t>(hits->size());
}

}  // namespace cqrs::memory
