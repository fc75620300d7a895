#include "services/query/query_answers.h"

#include "core/read/order_details.h"

#include <algorithm>
#include <utility>

namespace cqrs {
namespace {

std::string etag_of(const ViewRow& row, int generation) {
  return "\"g" + std::to_string(generation) + "-" + std::to_string(row.version) + "\"";
}

// One of the listed ETags, or "*" for any.
bool names(const std::string& if_none_match, const std::string& etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string::npos;
}

Error not_found(const StreamKey& key) {
  return make_error(ErrorCode::kNotFound,
                    "no " + std::string(kind_name(key.kind)) + " " + to_string(key.id));
}

// What became of one job before it is put into an answer.
struct Point {
  std::optional<ViewRow> row;
  std::string joined;             // the body of an order with its details
  std::vector<StreamKey> others;  // that stand in it
  bool parked = false;
};

http::Response row_answer(const QueryJob& job, int generation, Point& point) {
  http::Response response;
  const bool details = job.what == QueryJob::What::kOrderDetails;
  std::string etag = etag_of(*point.row, generation);
  // The joined form changes with its user and products too, which its ETag does not tell.
  if (!details && !job.if_none_match.empty() && names(job.if_none_match, etag)) {
    response.status = 304;
  } else {
    response.body = std::move(details ? point.joined : point.row->body);
  }
  response.headers.emplace_back("ETag", std::move(etag));
  return response;
}

// Reads the rows of all jobs, then whatever the orders among them refer to.
Status read_points(ReadStore& store, std::span<QueryJob* const> jobs, std::vector<Point>& points) {
  std::vector<StreamKey> keys;
  keys.reserve(jobs.size());
  for (const QueryJob* job : jobs) keys.push_back(job->key);
  auto rows = store.get(keys);
  if (!rows) return rows.error();
  std::vector<std::optional<ViewRow>> orders;
  std::vector<Point*> places;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    points[i].row = std::move((*rows)[i]);
    if (jobs[i]->what != QueryJob::What::kOrderDetails || !points[i].row) continue;
    orders.push_back(std::move(points[i].row));
    points[i].row.reset();
    places.push_back(&points[i]);
  }
  if (orders.empty()) return {};
  // A deleted order keeps its row: its version may be asked for.
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (orders[i]->deleted) places[i]->row = *orders[i];
  }
  auto details = order_details(store, std::move(orders));
  if (!details) return details.error();
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& found = (*details)[i];
    if (!found) continue;
    places[i]->row = std::move(found->order);
    places[i]->joined = std::move(found->body);
    places[i]->others = std::move(found->joined);
  }
  return {};
}

Status find_parked(ReadStore& store, std::span<QueryJob* const> jobs, std::vector<Point>& points) {
  std::vector<StreamKey> keys;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    keys.push_back(jobs[i]->key);
    keys.insert(keys.end(), points[i].others.begin(), points[i].others.end());
  }
  auto parked = store.parked(keys);
  if (!parked) return parked.error();
  auto at = parked->begin();
  for (auto& point : points) {
    const auto end = at + 1 + static_cast<std::ptrdiff_t>(point.others.size());
    point.parked = std::find(at, end, true) != end;
    at = end;
  }
  return {};
}

}  // namespace

void mark_parked(http::Response& response) {
  response.headers.emplace_back("CQRS-Parked", "true");
  if (response.status >= 400 && response.body.ends_with('}')) {
    response.body.pop_back();
    response.body += ",\"parked\":true}";
  }
}

std::vector<PointAnswer> answer_points(ReadStore& store, int generation,
                                       std::span<QueryJob* const> jobs) {
  std::vector<PointAnswer> answers(jobs.size());
  std::vector<Point> points(jobs.size());
  auto status = read_points(store, jobs, points);
  if (status) status = find_parked(store, jobs, points);
  if (!status && jobs.size() > 1) {
    // One row that cannot be read must not spoil the answers of the others.
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      answers[i] = std::move(answer_points(store, generation, jobs.subspan(i, 1)).front());
    }
    return answers;
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const QueryJob& job = *jobs[i];
    auto& [response, parked] = answers[i];
    if (!status) {
      response = http::problem(status.error());
      continue;
    }
    Point& point = points[i];
    parked = point.parked;
    if (job.min_version > 0 && (point.row ? point.row->version : 0) < job.min_version) continue;
    response = !point.row || point.row->deleted ? http::problem(not_found(job.key))
                                                : row_answer(job, generation, point);
    if (parked) mark_parked(*response);
  }
  return answers;
}

http::Response answer_list(ReadStore& store, int generation, const QueryJob& job) {
  PageRequest page{job.limit, {}};
  if (!job.cursor.empty()) {
    auto after = parse_page_cursor(job.cursor, generation);
    if (!after) return http::problem(after.error());
    page.after = *after;
  }
  auto list = list_body(store, job.key.kind, page, generation);
  if (!list) return http::problem(list.error());
  http::Response response{200, "application/json", std::move(list->body), {}};
  if (list->parked) mark_parked(response);
  return response;
}

SearchAnswer answer_search(ReadStore& store, int generation, const QueryJob& job) {
  SearchAnswer search;
  // Read first: what the list shows can only be more.
  auto applied = store.applied();
  if (!applied) return {{}, applied.error()};
  auto rendered = render_list(store, *job.search, generation);
  if (!rendered) return {{}, rendered.error()};
  search.answer.applied = *applied;
  search.answer.parked = rendered->parked;
  search.answer.body = std::make_shared<const std::string>(std::move(rendered->body));
  return search;
}

http::Response search_response(const CachedAnswer& answer) {
  http::Response response{200, "application/json", *answer.body, {}};
  if (answer.parked) mark_parked(response);
  return response;
}

const char* query_name(QueryJob::What what) {
  switch (what) {
    case QueryJob::What::kById:
      return "by_id";
    case QueryJob::What::kOrderDetails:
      return "order_details";
    case QueryJob::What::kList:
      return "list";
    case QueryJob::What::kSearch:
      return "search";
  }
  return "unknown";
}

std::string cache_key(const ListRequest& request) {
  const ListQuery& query = request.query;
  std::string key(kind_name(query.kind));
  const auto add = [&](std::string_view part) {
    key += '|';
    key += part;
  };
  add(sort_name(query.sort));
  add(query.descending ? "desc" : "asc");
  add(request.numbered ? "p" + std::to_string(request.page) : "c" + request.cursor);
  add(std::to_string(request.size));
  add(query.active ? *query.active ? "active" : "inactive" : "");
  add(query.user ? to_string(*query.user) : "");
  add(query.status);
  // Last, because they may hold anything.
  add(query.words);
  return key;
}

}  // namespace cqrs
