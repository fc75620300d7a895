// Views in the Redis server of the tests, under a prefix of their own that is removed in the end.
#pragma once

#include "core/adapters/redis/stores.h"

#include "tests/support/backends.h"

#include <memory>
#include <string>

namespace cqrs::support {

inline constexpr int kGeneration = 1;

class RedisReadSide final : public ReadSide {
 public:
  RedisReadSide();
  explicit RedisReadSide(std::string url);
  RedisReadSide(const RedisReadSide&) = delete;
  RedisReadSide& operator=(const RedisReadSide&) = delete;
  ~RedisReadSide() override;

  std::unique_ptr<ProjectionStore> open_store() override;
  std::unique_ptr<ReadStore> open_reader() override;
  [[nodiscard]] std::unique_ptr<EntitySource> open_source() const;
  [[nodiscard]] const redis::Options& options() const { return options_; }

 private:
  redis::Options options_;
};

}  // namespace cqrs::support
