// What stands where in the database. A generation has a collection for each kind (one document per
// entity, see view_document.h), one for parked events and one for its checkpoint. Internal to this
// adapter.
#pragma once

#include "core/adapters/mongo/connection.h"
#include "core/domain/stream_key.h"
#include "core/project/projection_store.h"

#include <optional>
#include <string>

namespace cqrs::mongo {

inline constexpr std::int64_t kFormat = 1;

// The collections of one generation.
class Names {
 public:
  explicit Names(int generation) : suffix_("_g" + std::to_string(generation)) {}
  [[nodiscard]] std::string view(Kind kind) const {  // users_g1, products_g1, orders_g1
    return std::string(kind_name(kind)) + "s" + suffix_;
  }
  [[nodiscard]] std::string parked() const { return "parked" + suffix_; }
  [[nodiscard]] std::string checkpoint() const { return "checkpoint" + suffix_; }

 private:
  std::string suffix_;
};

// The one document of the checkpoint's collection.
struct StoredCheckpoint {
  std::int64_t epoch = 0;
  std::int64_t commits = 0;  // how often it was moved
  Checkpoint checkpoint;
};
[[nodiscard]] Doc checkpoint_filter();
[[nodiscard]] Result<StoredCheckpoint> read_checkpoint(Fields& fields);
// Nothing when the generation was never written. Errors: unavailable, corrupt (also: another
// version of the format).
[[nodiscard]] Result<std::optional<StoredCheckpoint>> load_checkpoint(Connection& connection,
                                                                      const Names& names);
// Creates what is missing: indexes and the checkpoint. Errors as above.
[[nodiscard]] Status prepare(Connection& connection, const Names& names);

}  // namespace cqrs::mongo
