// Copies of a generation within the server, key by key, each in one step that serves nobody else.
#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/keys.h"
#include "core/adapters/redis/stores.h"
#include "core/base/digest.h"

namespace cqrs::redis {
namespace {

class Copy {
 public:
  Copy(const Keys& from, const Keys& to) : from_(from), to_(to) {}
  void add(const std::string& name) {
    request_.command("COPY", from_.of(name), to_.of(name), "REPLACE");
  }
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  const Keys& from_;
  const Keys& to_;
  Request request_;
};

}  // namespace

Status copy_generation(const Options& from, int generation, const Options& to) {
  auto connection = Connection::open(from.url);
  if (!connection) return connection.error();
  const Keys source(from.prefix, generation);
  const Keys target(to.prefix, generation);
  auto named =
      (*connection)
          ->write(Request().command("SADD", generations_key(to.prefix), std::int64_t{generation}));
  if (!named) return named.error();
  // The checkpoint first and the ids last: whatever is committed meanwhile is a row that is newer
  // than the checkpoint, or an id whose row a projector writes when it gets there.
  Copy copy(source, target);
  for (const char* name : {"meta", "parked", "parked:keys"}) copy.add(name);
  for (const Kind kind : kAllKinds) {
    for (int bucket = 0; bucket < kBuckets; ++bucket) {
      copy.add(key_name('r', kind) + ":" + std::to_string(bucket));
    }
  }
  for (const Kind kind : kAllKinds) copy.add(key_name('i', kind));
  auto copied = (*connection)->write(copy.request());
  if (!copied) return copied.error();
  if ((*copied)[0].integer() == 1) return {};
  return make_error(ErrorCode::kNotFound, (*connection)->name() + ": generation " +
                                              std::to_string(generation) +
                                              " of the views is not there");
}

}  // namespace cqrs::redis
