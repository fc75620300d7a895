#include "core/adapters/redis/list_reader.h"

#include "core/adapters/redis/row_reader.h"
#include "core/adapters/redis/scripts.h"

#include <algorithm>
#include <tuple>

namespace cqrs::redis {
namespace {

// Matches that are sorted by their rows; more of them are so frequent that a walk along the sorted
// set meets a page of them soon.
constexpr std::size_t kFewHits = 2'000;
constexpr std::size_t kStep = 1'000;
// One in so many rows: fewer are rather fetched than met on the way.
constexpr std::int64_t kRare = 20;

bool comes_before(const SortPlace& a, const SortPlace& b) {
  return std::tie(a.text, a.number, a.id) < std::tie(b.text, b.number, b.id);
}

std::vector<SortPlace> cut(std::vector<SortPlace> places, const ListQuery& query) {
  const std::size_t from = std::min(query.offset, places.size());
  const std::size_t to = std::min(query.limit, places.size() - from) + from;
  return {std::make_move_iterator(places.begin() + static_cast<std::ptrdiff_t>(from)),
          std::make_move_iterator(places.begin() + static_cast<std::ptrdiff_t>(to))};
}

// What decides over the hits of a query; not their order.
std::string told(const ListQuery& query) {
  const char active = !query.active ? '?' : *query.active ? '1' : '0';
  return key_name(active, query.kind) + query.words;
}

// The place that a member and its score tell.
std::optional<SortPlace> place_in(SortKey sort, std::string_view member, std::string_view score) {
  if (member.size() < 16) return std::nullopt;
  const auto id = uuid_from_bytes(member.substr(member.size() - 16));
  if (!id) return std::nullopt;
  if (!by_text(sort)) return SortPlace{{}, score_in(score), *id};
  return SortPlace{
      std::string(member.substr(0, member.size() - std::min<std::size_t>(17, member.size()))), 0,
      *id};
}

}  // namespace

std::string ListReader::key_of(const ListQuery& query) const {
  if (query.user) return keys_.of("u3:" + to_string(*query.user));
  if (!query.status.empty()) return keys_.of("s3:" + query.status);
  return keys_.of(sorted_key(query.kind, query.sort));
}

Result<std::int64_t> ListReader::size_of(const char* command, const std::string& key) {
  auto replies = connection_.read(Request().command(std::string_view(command), key));
  if (!replies) return replies.error();
  return (*replies)[0].integer();
}

ListReader::Filter ListReader::filter_of(const ListQuery& query) {
  if (query.active) {
    return
        [this, &query](const std::vector<SortPlace>& places) { return by_activity(query, places); };
  }
  if (!query.user || query.status.empty()) return {};
  return [this, &query](const std::vector<SortPlace>& places) { return by_status(query, places); };
}

Result<std::vector<bool>> ListReader::by_activity(const ListQuery& query,
                                                  const std::vector<SortPlace>& places) {
  std::vector<Uuid> ids;
  ids.reserve(places.size());
  for (const auto& place : places) ids.push_back(place.id);
  auto kept = are_members(connection_, inactive_key(query.kind), ids);
  if (kept.ok() && *query.active) kept->flip();
  return kept;
}

Result<std::vector<bool>> ListReader::by_status(const ListQuery& query,
                                                const std::vector<SortPlace>& places) {
  Arguments ids;
  for (const auto& place : places) ids.add(place.id.view());
  auto replies =
      connection_.read(Request().command_with(ids, "ZMSCORE", keys_.of("s3:" + query.status)));
  if (!replies) return replies.error();
  std::vector<bool> kept(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) kept[i] = !(*replies)[0][i].is_nil();
  return kept;
}

Result<std::vector<SortPlace>> ListReader::page(const ListQuery& query,
                                                const std::optional<SortPlace>& after,
                                                std::size_t offset, std::size_t limit) {
  Arguments arguments;
  arguments.add(1).add(key_of(query));
  arguments.add(!after ? "" : by_text(query.sort) ? "text" : "number");
  arguments.add(query.descending ? 1 : 0);
  if (after && by_text(query.sort)) {
    arguments.add(text_member(after->text, after->id));
  } else {
    arguments.add(after ? after->number : 0);
  }
  arguments.add(after ? after->id.view() : std::string_view());
  arguments.add(static_cast<std::int64_t>(offset)).add(static_cast<std::int64_t>(limit));
  auto replies = connection_.run_script(kListPage, arguments, Again::kOnce);
  if (!replies) return replies.error();
  const Reply found = (*replies)[0];
  std::vector<SortPlace> places;
  for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
    auto place = place_in(query.sort, found[i].text(), found[i + 1].text());
    if (place) places.push_back(std::move(*place));
  }
  return places;
}

Result<std::vector<SortPlace>> ListReader::walk(const ListQuery& query, const Filter& filter) {
  if (query.limit == 0) return std::vector<SortPlace>();
  if (!filter) return page(query, query.after, query.offset, query.limit);
  std::vector<SortPlace> found;
  std::optional<SortPlace> after = query.after;
  std::size_t skip = query.offset;
  std::size_t step = std::min(kStep, query.limit + query.offset + 50);
  for (bool last = false; !last && found.size() < query.limit; step = kStep) {
    auto some = page(query, after, 0, step);
    if (!some) return some.error();
    last = some->size() < step;
    if (!some->empty()) after = some->back();
    CQRS_TRY(keep(filter, std::move(*some), skip, found));
  }
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

Status ListReader::keep(const Filter& filter, std::vector<SortPlace> some, std::size_t& skip,
                        std::vector<SortPlace>& found) {
  if (some.empty()) return {};
  auto kept = filter(some);
  if (!kept) return kept.error();
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (!(*kept)[i]) continue;
    if (skip == 0) found.push_back(std::move(some[i]));
    if (skip > 0) --skip;
  }
  return {};
}

Result<Hits> ListReader::search(const ListQuery& query) {
  if (query.words.empty()) {
    Hits hits;
    CQRS_TRY(each_member(connection_, inactive_key(query.kind), [&](std::string_view member) {
      if (const auto id = uuid_from_bytes(member)) hits.emplace(*id, 0);
    }));
    return hits;
  }
  auto found = Search(connection_, keys_, query.kind).run(query.words);
  if (!found || !query.active) return found;
  std::vector<Uuid> ids;
  ids.reserve(found->size());
  for (const auto& [id, weight] : *found) ids.push_back(id);
  auto idle = are_members(connection_, inactive_key(query.kind), ids);
  if (!idle) return idle.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if ((*idle)[i] == *query.active) found->erase(ids[i]);
  }
  return found;
}

Result<bool> ListReader::rarely_inactive(Kind kind) {
  auto idle = size_of("SCARD", inactive_key(kind));
  if (!idle) return idle.error();
  auto all = size_of("ZCARD", keys_.of(key_name('c', kind)));
  if (!all) return all.error();
  return *idle <= *all / kRare + kRare;
}

Result<const Hits*> ListReader::hits_of(const ListQuery& query) {
  if (query.words.empty()) {
    if (query.active.value_or(true)) return static_cast<const Hits*>(nullptr);
    auto few = rarely_inactive(query.kind);
    if (!few) return few.error();
    if (!*few) return static_cast<const Hits*>(nullptr);
  }
  auto replies = connection_.read(Request().command("HGET", keys_.meta(), "revision"));
  if (!replies) return replies.error();
  const std::string revision((*replies)[0].text());
  const std::string asked = told(query);
  if (asked != last_query_ || revision != last_revision_) {
    last_query_.clear();
    auto hits = search(query);
    if (!hits) return hits.error();
    last_hits_ = std::move(*hits);
    last_query_ = asked;
    last_revision_ = revision;
  }
  return static_cast<const Hits*>(&last_hits_);
}

Result<std::vector<SortPlace>> ListReader::ranked(const ListQuery& query, const Hits& hits) {
  std::vector<std::pair<int, Uuid>> order;
  order.reserve(hits.size());
  for (const auto& [id, weight] : hits) order.emplace_back(-weight, id);
  const std::size_t wanted = std::min(order.size(), query.offset + query.limit);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted),
                    order.end());
  std::vector<SortPlace> places;
  for (std::size_t i = 0; i < wanted; ++i) places.push_back({{}, 0, order[i].second});
  return cut(std::move(places), query);
}

Result<std::vector<SortPlace>> ListReader::sorted(const ListQuery& query, const Hits& hits) {
  if (hits.size() > kFewHits) {
    return walk(query, [&](const std::vector<SortPlace>& some) -> Result<std::vector<bool>> {
      std::vector<bool> kept(some.size());
      for (std::size_t i = 0; i < some.size(); ++i) kept[i] = hits.contains(some[i].id);
      return kept;
    });
  }
  auto places = places_of(query, hits);
  if (!places) return places.error();
  const auto before = [&](const SortPlace& a, const SortPlace& b) {
    return query.descending ? comes_before(b, a) : comes_before(a, b);
  };
  if (query.after) {
    std::erase_if(*places, [&](const SortPlace& place) { return !before(*query.after, place); });
  }
  std::sort(places->begin(), places->end(), before);
  return cut(std::move(*places), query);
}

Result<std::vector<SortPlace>> ListReader::places_of(const ListQuery& query, const Hits& hits) {
  std::vector<StreamKey> keys;
  keys.reserve(hits.size());
  for (const auto& [id, weight] : hits) keys.push_back({query.kind, id});
  auto rows = read_rows(connection_, keys_, keys);
  if (!rows) return rows.error();
  std::vector<SortPlace> places;
  for (const auto& row : *rows) {
    if (!row || row->deleted) continue;
    auto fields = indexed_fields(query.kind, row->body);
    if (!fields) return fields.error();
    places.push_back(sort_place(query.sort, *row, *fields));
  }
  return places;
}

Result<std::vector<SortPlace>> ListReader::find(const ListQuery& query) {
  auto hits = hits_of(query);
  if (!hits) return hits.error();
  if (query.sort == SortKey::kRelevance) {
    if (query.words.empty()) {
      return invalid("sort", "sort by relevance needs words to search for: give q");
    }
    return ranked(query, **hits);
  }
  return *hits != nullptr ? sorted(query, **hits) : walk(query, filter_of(query));
}

Result<std::int64_t> ListReader::count(const ListQuery& query) {
  auto hits = hits_of(query);
  if (!hits) return hits.error();
  if (*hits != nullptr) return static_cast<std::int64_t>((*hits)->size());
  if (query.user && !query.status.empty()) {
    ListQuery all = query;
    all.sort = SortKey::kCreatedAt;
    all.after.reset();
    all.offset = 0;
    all.limit = SIZE_MAX - 100;
    auto places = walk(all, filter_of(all));
    if (!places) return places.error();
    return static_cast<std::int64_t>(places->size());
  }
  auto rows = size_of("ZCARD", key_of(query));
  if (!rows || !query.active) return rows;
  auto idle = size_of("SCARD", inactive_key(query.kind));
  if (!idle) return idle.error();
  return *query.active ? *rows - *idle : *idle;
}

}  // namespace cqrs::redis
