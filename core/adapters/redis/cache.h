// The cache in Redis, of one generation of the views each. Redis may be the read store's or another
// one, be emptied and lose its last seconds: see docs/formats/cache.md.
#pragma once

#include "core/read/cache.h"

#include <chrono>
#include <memory>
#include <string>

namespace cqrs::redis {

struct CacheOptions {
  std::string url;
  std::string prefix = "cqrs";
  std::chrono::milliseconds patience{50};   // of every wait for the server
  std::chrono::milliseconds keep{300'000};  // each entry up to a fifth shorter, so that not all of
                                            // what was read together is missing together
};

// Errors of all: unavailable, timeout (cannot connect in time), invalid (`url`).
[[nodiscard]] Result<std::unique_ptr<RowCache>> open_cache(const CacheOptions& options,
                                                           int generation);
[[nodiscard]] Result<std::unique_ptr<CacheGuard>> open_cache_guard(const CacheOptions& options,
                                                                   int generation);
[[nodiscard]] Result<std::unique_ptr<CacheAudit>> open_cache_audit(const CacheOptions& options,
                                                                   int generation);

}  // namespace cqrs::redis
