#include "tests/adapters/redis/backends.h"

#include "tests/support/parts.h"

#include <cstdlib>
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

std::vector<Backend<ReadSide>> read_backends() {
  return {{"redis", [] { return std::unique_ptr<ReadSide>(std::make_unique<RedisReadSide>()); }}};
}

}  // namespace cqrs::support
