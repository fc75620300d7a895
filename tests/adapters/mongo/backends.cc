#include "tests/support/backends.h"

#include "tests/adapters/mongo/database.h"

namespace cqrs::support {
namespace {

class MongoReadSide final : public ReadSide {
 public:
  std::unique_ptr<ProjectionStore> open_store() override { return database_.store(); }
  std::unique_ptr<ReadStore> open_reader() override { return database_.reader(); }

 private:
  MongoDatabase database_;
};

std::unique_ptr<ReadSide> mongo_read_side() { return std::make_unique<MongoReadSide>(); }

}  // namespace

std::vector<Backend<ReadSide>> read_backends() { return {{"mongo", mongo_read_side}}; }

}  // namespace cqrs::support
