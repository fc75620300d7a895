// Turns what the views hold into HTTP answers. No queue and no thread: query_service.h has those.
#pragma once

#include "core/read/read_store.h"
#include "core/read/search_cache.h"

#include "services/query/query_job.h"

#include <optional>
#include <span>
#include <vector>

namespace cqrs {

struct PointAnswer {
  std::optional<http::Response> response;  // nothing: the views are not yet at min_version
  bool parked = false;                     // and may never be: the entity's events are parked
};

// Reads by id, all of them at once: one entry per job, in order.
[[nodiscard]] std::vector<PointAnswer> answer_points(ReadStore& store, int generation,
                                                     std::span<QueryJob* const> jobs);

[[nodiscard]] http::Response answer_list(ReadStore& store, int generation, const QueryJob& job);

// `answer.body` is set unless `problem` is.
struct SearchAnswer {
  CachedAnswer answer;
  std::optional<Error> problem;
};
[[nodiscard]] SearchAnswer answer_search(ReadStore& store, int generation, const QueryJob& job);
[[nodiscard]] http::Response search_response(const CachedAnswer& answer);

// Says in a header, and in a problem's document, that events of the entity are parked.
void mark_parked(http::Response& response);

}  // namespace cqrs
