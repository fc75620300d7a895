#include "core/adapters/mongo/reply.h"

namespace cqrs::mongo {
namespace {

std::int64_t number_in(const bson_iter_t& document, const char* key) {
  bson_iter_t field;
  if (!bson_iter_recurse(&document, &field) || !bson_iter_find(&field, key)) return -1;
  return bson_iter_as_int64(&field);
}

}  // namespace

std::int64_t Reply::number(const char* key) const {
  bson_iter_t at;
  return bson_iter_init_find(&at, &bson_, key) ? bson_iter_as_int64(&at) : 0;
}

bool Reply::has_elements(const char* array) const {
  bson_iter_t at;
  bson_iter_t element;
  return bson_iter_init_find(&at, &bson_, array) && BSON_ITER_HOLDS_ARRAY(&at) &&
         bson_iter_recurse(&at, &element) && bson_iter_next(&element);
}

std::optional<std::vector<std::uint32_t>> Reply::duplicates() const {
  bson_iter_t at;
  bson_iter_t element;
  if (has_elements("writeConcernErrors") || !bson_iter_init_find(&at, &bson_, "writeErrors") ||
      !bson_iter_recurse(&at, &element)) {
    return std::nullopt;
  }
  std::vector<std::uint32_t> indexes;
  while (bson_iter_next(&element)) {
    const auto index = number_in(element, "index");
    if (index < 0 || number_in(element, "code") != kDuplicateKey) return std::nullopt;
    indexes.push_back(static_cast<std::uint32_t>(index));
  }
  return indexes;
}

}  // namespace cqrs::mongo
