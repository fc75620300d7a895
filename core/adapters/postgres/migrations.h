// The migrations, in order: the tables as they were built up from nothing.
#pragma once

#include <array>

namespace cqrs::postgres {

struct MigrationStep {
  int version = 0;  // that `up` leads to
  const char* up = "";
  const char* down = "";
  bool drops_events = false;  // by `down`
};

// Versions 1, 2, 3 … without gaps.
extern const std::array<MigrationStep, 1> kMigrations;

}  // namespace cqrs::postgres
