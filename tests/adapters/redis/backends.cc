#include "tests/adapters/redis/backends.h"

#include "core/adapters/redis/cache.h"

#include "tests/adapters/redis/server.h"
#include "tests/support/parts.h"

#include <cstdlib>
#include <thread>
#include <utility>

namespace cqrs::support {
namespace {

// Stops the test program with the reason when a store cannot even be opened.
template <class Port>
std::unique_ptr<Port> opened(Result<std::unique_ptr<Port>> port) {
  if (!port) {
    ADD_FAILURE() << port.error().message;
    std::abort();
  }
  return std::move(*port);
}

// The server's own clock cannot be moved: its time passes by waiting.
class RedisCacheSide final : public CacheSide {
 public:
  RedisCacheSide() : prefix_(fresh_namespace()) {
    options_.url = parts().redis;
    options_.prefix = prefix_;
    options_.patience = std::chrono::seconds(2);
  }
  RedisCacheSide(const RedisCacheSide&) = delete;
  RedisCacheSide& operator=(const RedisCacheSide&) = delete;
  ~RedisCacheSide() override { RedisCacheSide::empty(); }
  std::unique_ptr<RowCache> open_cache() override {
    return opened(redis::open_cache(options_, kGeneration));
  }
  std::unique_ptr<CacheGuard> open_guard() override {
    return opened(redis::open_cache_guard(options_, kGeneration));
  }
  std::unique_ptr<CacheAudit> open_audit() override {
    return opened(redis::open_cache_audit(options_, kGeneration));
  }
  void empty() override {
    PlainClient client(options_.url);
    for (const auto& key : client.list({"KEYS", "{" + prefix_ + ":cache:*"})) client({"DEL", key});
  }
  void pass(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

 private:
  std::string prefix_;
  redis::CacheOptions options_;
};

}  // namespace

RedisReadSide::RedisReadSide() : RedisReadSide(parts().redis) {}
RedisReadSide::RedisReadSide(std::string url) : options_{std::move(url), fresh_namespace()} {}

RedisReadSide::~RedisReadSide() {
  const auto removed = redis::remove_generation(options_, kGeneration);
  if (!removed) ADD_FAILURE() << removed.error().message;
}

std::unique_ptr<ProjectionStore> RedisReadSide::open_store() {
  return opened(redis::open_projection_store(options_, kGeneration));
}
std::unique_ptr<ReadStore> RedisReadSide::open_reader() {
  return opened(redis::open_read_store(options_, kGeneration));
}
std::unique_ptr<EntitySource> RedisReadSide::open_source() const {
  return opened(redis::open_view_source(options_, kGeneration, "read store (g1)"));
}

std::vector<Backend<CacheSide>> cache_backends() {
  return {{"redis", [] { return std::unique_ptr<CacheSide>(std::make_unique<RedisCacheSide>()); }}};
}

std::vector<Backend<ReadSide>> read_backends() {
  return {{"redis", [] { return std::unique_ptr<ReadSide>(std::make_unique<RedisReadSide>()); }}};
}

}  // namespace cqrs::support
