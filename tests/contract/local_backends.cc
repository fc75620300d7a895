// The backends that need no server.
#include "core/adapters/memory/cache.h"

#include "tests/support/backends.h"

namespace cqrs::support {
namespace {

class MemoryCacheSide final : public CacheSide {
 public:
  MemoryCacheSide() {
    cache_.now = [this] { return std::chrono::steady_clock::now() + passed_; };
  }
  std::unique_ptr<RowCache> open_cache() override { return memory::open_cache(cache_); }
  std::unique_ptr<CacheGuard> open_guard() override { return memory::open_cache_guard(cache_); }
  std::unique_ptr<CacheAudit> open_audit() override { return memory::open_cache_audit(cache_); }
  void empty() override { cache_.flush(); }
  void pass(std::chrono::milliseconds time) override { passed_ += time; }

 private:
  memory::MemoryCache cache_;
  std::chrono::milliseconds passed_{0};
};

}  // namespace

std::vector<Backend<CacheSide>> cache_backends() {
  return {
      {"memory", [] { return std::unique_ptr<CacheSide>(std::make_unique<MemoryCacheSide>()); }}};
}

std::vector<Backend<WriteSide>> write_backends() {
  return {{"memory", memory_write_side}, {"sqlite", sqlite_write_side}};
}

std::vector<Backend<ReadSide>> read_backends() {
  return {{"memory", memory_read_side}, {"sqlite", sqlite_read_side}};
}

}  // namespace cqrs::support
