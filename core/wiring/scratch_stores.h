// Copies of a standard system's record and live views on the same servers, under a scratch name.
#pragma once

#include "core/wiring/standard_config.h"

#include <functional>
#include <memory>
#include <string>

namespace cqrs::postgres {
class ScratchSchema;
}

namespace cqrs::standard {

// Removed when destroyed. A process that is killed leaves them; its name is free then, and the next
// make() for the same system removes them.
class ScratchStores {
 public:
  // Errors: unavailable, not_found (no such system, or no views), timeout (not kept going),
  // already_exists (views stand under the scratch name that are no scratch).
  [[nodiscard]] static Result<std::unique_ptr<ScratchStores>> make(
      const StandardConfig& config, const std::function<bool()>& keep_going);
  ScratchStores(const ScratchStores&) = delete;
  ScratchStores& operator=(const ScratchStores&) = delete;
  ~ScratchStores();

  [[nodiscard]] const StandardConfig& config() const { return config_; }
  // The one that was live; the copies have no other.
  [[nodiscard]] int generation() const { return generation_; }
  // Once. Error: unavailable.
  [[nodiscard]] Status remove();

 private:
  ScratchStores(StandardConfig config, std::unique_ptr<postgres::ScratchSchema> schema);
  [[nodiscard]] Status fill(const StandardConfig& from, const std::function<bool()>& keep_going);

  StandardConfig config_;
  int generation_ = 1;
  std::unique_ptr<postgres::ScratchSchema> schema_;  // nothing: removed
};

}  // namespace cqrs::standard
