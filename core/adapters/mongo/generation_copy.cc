// Copies of a generation, document by document as they are.
#include "core/adapters/mongo/connection.h"
#include "core/adapters/mongo/schema.h"

#include <vector>

namespace cqrs::mongo {
namespace {

constexpr std::size_t kBatch = 1'000;

Doc copy_of(const bson_t& document) {
  Doc copy;
  bson_concat(copy.get(), &document);
  return copy;
}

Status insert(Connection& to, const std::string& collection, std::vector<Doc>& documents) {
  if (documents.empty()) return {};
  auto written = to.bulk(collection, [&](mongoc_bulk_operation_t* bulk) {
    for (const auto& document : documents) {
      mongoc_bulk_operation_insert_with_opts(bulk, document.get(), nullptr, nullptr);
    }
  });
  documents.clear();
  return written ? Status() : written.error();
}

Result<std::int64_t> copy(Connection& from, Connection& to, const std::string& collection) {
  std::vector<Doc> batch;
  std::int64_t copied = 0;
  CQRS_TRY(from.find(collection, Doc(), Doc(), [&](Fields& fields) -> Status {
    batch.push_back(copy_of(fields.bson()));
    ++copied;
    return batch.size() < kBatch ? Status() : insert(to, collection, batch);
  }));
  CQRS_TRY(insert(to, collection, batch));
  return copied;
}

}  // namespace

Status copy_generation(const Options& from, int generation, const Options& to) {
  auto source = Connection::open(from, kScanWithin);
  if (!source) return source.error();
  auto target = Connection::open(to, kAnswerWithin);
  if (!target) return target.error();
  // The checkpoint first: whatever is committed meanwhile is a row that is newer than it.
  const Names names(generation);
  auto found = copy(**source, **target, names.checkpoint());
  if (!found) return found.error();
  if (*found == 0) {
    return make_error(ErrorCode::kNotFound, "MongoDB: generation " + std::to_string(generation) +
                                                " of the views is not there");
  }
  std::vector<std::string> collections{names.parked()};
  for (const Kind kind : kAllKinds) collections.push_back(names.view(kind));
  for (const auto& collection : collections) {
    auto copied = copy(**source, **target, collection);
    if (!copied) return copied.error();
  }
  return {};
}

}  // namespace cqrs::mongo
