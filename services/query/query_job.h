// One read as the routes hand it to the workers.
#pragma once

#include "core/read/pages.h"

#include "services/chassis/http.h"

#include <chrono>
#include <memory>
#include <string>

namespace cqrs {

struct QueryJob {
  enum class What : std::uint8_t { kById, kOrderDetails, kList, kSearch };
  What what = What::kById;
  StreamKey key;                        // kList and kSearch: only the kind
  std::size_t limit = 0;                // kList
  std::string cursor;                   // kList: as the client sent it
  std::unique_ptr<ListRequest> search;  // kSearch: whatever is sorted, filtered or found by words
  std::int64_t min_version = 0;         // 0: whatever there is
  Position min_position = 0;
  std::chrono::steady_clock::time_point deadline{};
  std::string if_none_match;
  http::Responder responder;
};

// Of the same question: the same text, whatever generation answers it.
[[nodiscard]] std::string cache_key(const ListRequest& request);

// "by_id", "order_details", "list", "search": in metrics.
[[nodiscard]] const char* query_name(QueryJob::What what);

}  // namespace cqrs
