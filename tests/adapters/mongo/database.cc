#include "tests/adapters/mongo/database.h"

#include "tests/support/parts.h"

#include <mongoc/mongoc.h>

#include <cstdlib>
#include <iostream>

namespace cqrs::support {
namespace {

template <class Port>
std::unique_ptr<Port> opened(Result<std::unique_ptr<Port>> port) {
  if (port) return std::move(*port);
  std::cerr << port.error().message << '\n';
  std::abort();
}

void must(bool done, const bson_error_t& error) {
  if (done) return;
  std::cerr << static_cast<const char*>(error.message) << '\n';
  std::abort();
}

bson_t* from_json(const std::string& text) {
  bson_error_t error{};
  bson_t* document = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(text.data()),
                                        static_cast<ssize_t>(text.size()), &error);
  must(document != nullptr, error);
  return document;
}

}  // namespace

struct MongoDatabase::Client {
  explicit Client(const std::string& url) : handle(mongoc_client_new(url.c_str())) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { mongoc_client_destroy(handle); }
  mongoc_client_t* handle;
};

MongoDatabase::MongoDatabase() : MongoDatabase(fresh_namespace()) {}

MongoDatabase::MongoDatabase(const std::string& name) {
  mongoc_init();
  options_.url = parts().mongo;
  options_.database = name;
  client_ = std::make_unique<Client>(options_.url);
}

MongoDatabase::~MongoDatabase() {
  mongoc_database_t* database =
      mongoc_client_get_database(client_->handle, options_.database.c_str());
  bson_error_t error{};
  must(mongoc_database_drop(database, &error), error);
  mongoc_database_destroy(database);
}

std::unique_ptr<ProjectionStore> MongoDatabase::store(
    std::function<void(std::int64_t)> on_stale_rows) const {
  mongo::Options options = options_;
  options.on_stale_rows = std::move(on_stale_rows);
  return opened(mongo::open_projection_store(options, 1));
}

std::unique_ptr<ReadStore> MongoDatabase::reader() const {
  return opened(mongo::open_read_store(options_, 1));
}

std::unique_ptr<EntitySource> MongoDatabase::source() const {
  return opened(mongo::open_view_source(options_, 1, "users view (g1)"));
}

void MongoDatabase::insert(const std::string& collection,
                           const std::vector<std::string>& documents) {
  mongoc_collection_t* in =
      mongoc_client_get_collection(client_->handle, options_.database.c_str(), collection.c_str());
  bson_error_t error{};
  mongoc_bulk_operation_t* bulk = mongoc_collection_create_bulk_operation_with_opts(in, nullptr);
  for (const auto& text : documents) {
    bson_t* document = from_json(text);
    mongoc_bulk_operation_insert(bulk, document);
    bson_destroy(document);
  }
  bson_t reply;
  must(mongoc_bulk_operation_execute(bulk, &reply, &error) != 0, error);
  bson_destroy(&reply);
  mongoc_bulk_operation_destroy(bulk);
  mongoc_collection_destroy(in);
}

void MongoDatabase::remove(const std::string& collection, const std::string& filter) {
  mongoc_collection_t* in =
      mongoc_client_get_collection(client_->handle, options_.database.c_str(), collection.c_str());
  bson_error_t error{};
  bson_t* which = from_json(filter);
  must(mongoc_collection_delete_many(in, which, nullptr, nullptr, &error), error);
  bson_destroy(which);
  mongoc_collection_destroy(in);
}

std::int64_t MongoDatabase::update(const std::string& collection, const std::string& filter,
                                   const std::string& change) {
  mongoc_collection_t* in =
      mongoc_client_get_collection(client_->handle, options_.database.c_str(), collection.c_str());
  bson_error_t error{};
  bson_t* which = from_json(filter);
  bson_t* how = from_json(change);
  bson_t reply;
  must(mongoc_collection_update_many(in, which, how, nullptr, &reply, &error), error);
  bson_iter_t at;
  const std::int64_t matched =
      bson_iter_init_find(&at, &reply, "matchedCount") ? bson_iter_as_int64(&at) : 0;
  bson_destroy(&reply);
  bson_destroy(which);
  bson_destroy(how);
  mongoc_collection_destroy(in);
  return matched;
}

std::int64_t MongoDatabase::count(const std::string& collection, const std::string& filter) {
  mongoc_collection_t* in =
      mongoc_client_get_collection(client_->handle, options_.database.c_str(), collection.c_str());
  bson_error_t error{};
  bson_t* which = from_json(filter);
  const std::int64_t counted =
      mongoc_collection_count_documents(in, which, nullptr, nullptr, nullptr, &error);
  must(counted >= 0, error);
  bson_destroy(which);
  mongoc_collection_destroy(in);
  return counted;
}

}  // namespace cqrs::support
