#include "core/adapters/mongo/connection.h"

#include "core/adapters/mongo/reply.h"

#include <utility>

namespace cqrs::mongo {
namespace {

constexpr std::uint32_t kNamespaceNotFound = 26;
// Below the time for an answer, so that a majority that is missing is told as such.
constexpr std::int64_t kMajorityWithinMs = 8'000;

struct ConcernDeleter {
  void operator()(mongoc_write_concern_t* concern) const { mongoc_write_concern_destroy(concern); }
  void operator()(mongoc_read_concern_t* concern) const { mongoc_read_concern_destroy(concern); }
  void operator()(mongoc_read_prefs_t* prefs) const { mongoc_read_prefs_destroy(prefs); }
  void operator()(mongoc_cursor_t* cursor) const { mongoc_cursor_destroy(cursor); }
  void operator()(mongoc_find_and_modify_opts_t* options) const {
    mongoc_find_and_modify_opts_destroy(options);
  }
  void operator()(mongoc_database_t* database) const { mongoc_database_destroy(database); }
  void operator()(char** names) const { bson_strfreev(names); }
};
template <class T>
using Owned = std::unique_ptr<T, ConcernDeleter>;

// The driver keeps process-wide state: set up once, never taken down, because stores may live as
// long as the process. What it would print is in the errors that we return.
void set_up_driver() {
  static const bool kDone = [] {
    mongoc_init();
    mongoc_log_set_handler(nullptr, nullptr);
    return true;
  }();
  static_cast<void>(kDone);
}

// Never the whole URL: it may hold a password.
std::string hosts_of(const mongoc_uri_t* uri) {
  std::string hosts;
  for (auto* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next) {
    if (!hosts.empty()) hosts += ',';
    hosts += static_cast<const char*>(host->host_and_port);
  }
  return hosts;
}

// What the URL says itself stands.
void set_unless_given(mongoc_uri_t* uri, const char* option, std::chrono::seconds time) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (!mongoc_uri_has_option(uri, option)) {
    mongoc_uri_set_option_as_int32(uri, option, static_cast<std::int32_t>(millis));
  }
}

}  // namespace

Connection::Connection(std::unique_ptr<mongoc_uri_t, UriDeleter> uri, std::string database)
    : uri_(std::move(uri)), database_(std::move(database)) {}

Result<std::unique_ptr<Connection>> Connection::open(const Options& options,
                                                     std::chrono::seconds within) {
  set_up_driver();
  bson_error_t error{};
  std::unique_ptr<mongoc_uri_t, UriDeleter> uri(
      mongoc_uri_new_with_error(options.url.c_str(), &error));
  if (!uri) {
    return invalid("mongo", std::string("the MongoDB URL cannot be read (") +
                                static_cast<const char*>(error.message) +
                                "): write mongodb://host:port");
  }
  set_unless_given(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, std::chrono::seconds(3));
  set_unless_given(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, std::chrono::seconds(3));
  set_unless_given(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, within);
  return std::unique_ptr<Connection>(new Connection(std::move(uri), options.database));
}

// A client that lost its server does not look for it again for five seconds; a new one does.
mongoc_client_t* Connection::client() {
  if (broken_) client_.reset();
  broken_ = false;
  if (!client_) {
    client_.reset(mongoc_client_new_from_uri(uri_.get()));
    CQRS_CHECK(client_ != nullptr);
    mongoc_client_set_appname(client_.get(), "cqrs");
    mongoc_client_set_error_api(client_.get(), MONGOC_ERROR_API_VERSION_2);
  }
  return client_.get();
}

Collection Connection::collection(const std::string& name) {
  Collection collection(mongoc_client_get_collection(client(), database_.c_str(), name.c_str()));
  const Owned<mongoc_write_concern_t> writes(mongoc_write_concern_new());
  mongoc_write_concern_set_wmajority(writes.get(), static_cast<std::int32_t>(kMajorityWithinMs));
  mongoc_write_concern_set_journal(writes.get(), true);
  mongoc_collection_set_write_concern(collection.get(), writes.get());
  const Owned<mongoc_read_concern_t> reads(mongoc_read_concern_new());
  mongoc_read_concern_set_level(reads.get(), MONGOC_READ_CONCERN_LEVEL_MAJORITY);
  mongoc_collection_set_read_concern(collection.get(), reads.get());
  const Owned<mongoc_read_prefs_t> primary(mongoc_read_prefs_new(MONGOC_READ_PRIMARY));
  mongoc_collection_set_read_prefs(collection.get(), primary.get());
  return collection;
}

Error Connection::failed(const std::string& what, const bson_error_t& error) {
  broken_ = true;
  return make_error(ErrorCode::kUnavailable, "MongoDB at " + hosts_of(uri_.get()) + ", " +
                                                 database_ + "." + what + ": " +
                                                 static_cast<const char*>(error.message));
}

Status Connection::drain(mongoc_cursor_t* cursor, const std::string& what, const Visit& visit) {
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor, &document)) {
    Fields fields(*document);
    CQRS_TRY(visit(fields));
  }
  bson_error_t error{};
  if (mongoc_cursor_error(cursor, &error)) return failed(what, error);
  return {};
}

Status Connection::find(const std::string& name, const Doc& filter, const Doc& options,
                        const Visit& visit) {
  const auto in = collection(name);
  const Owned<mongoc_cursor_t> cursor(
      mongoc_collection_find_with_opts(in.get(), filter.get(), options.get(), nullptr));
  return drain(cursor.get(), name, visit);
}

Status Connection::aggregate(const std::string& name, const Doc& pipeline, const Visit& visit) {
  const auto in = collection(name);
  Doc options;
  options.flag("allowDiskUse", true);
  const Owned<mongoc_cursor_t> cursor(mongoc_collection_aggregate(
      in.get(), MONGOC_QUERY_NONE, pipeline.get(), options.get(), nullptr));
  return drain(cursor.get(), name, visit);
}

Result<std::int64_t> Connection::count(const std::string& name, const Doc& filter) {
  const auto in = collection(name);
  bson_error_t error{};
  const auto found =
      mongoc_collection_count_documents(in.get(), filter.get(), nullptr, nullptr, nullptr, &error);
  if (found < 0) return failed(name, error);
  return found;
}

Result<bool> Connection::update(const std::string& name, const Doc& filter, const Doc& change,
                                bool upsert) {
  const auto in = collection(name);
  Doc options;
  if (upsert) options.flag("upsert", true);
  Reply reply;
  bson_error_t error{};
  if (!mongoc_collection_update_one(in.get(), filter.get(), change.get(), options.get(),
                                    reply.fresh(), &error)) {
    // Two that insert the same document at once: it is there, which is what was wanted.
    if (upsert && error.code == kDuplicateKey) return true;
    return failed(name, error);
  }
  return reply.number("matchedCount") + reply.number("upsertedCount") > 0;
}

Result<std::optional<Doc>> Connection::find_and_update(const std::string& name, const Doc& filter,
                                                       const Doc& change) {
  const auto in = collection(name);
  const Owned<mongoc_find_and_modify_opts_t> options(mongoc_find_and_modify_opts_new());
  mongoc_find_and_modify_opts_set_update(options.get(), change.get());
  mongoc_find_and_modify_opts_set_flags(options.get(), MONGOC_FIND_AND_MODIFY_RETURN_NEW);
  Reply reply;
  bson_error_t error{};
  if (!mongoc_collection_find_and_modify_with_opts(in.get(), filter.get(), options.get(),
                                                   reply.fresh(), &error)) {
    return failed(name, error);
  }
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &reply.bson(), "value") || !BSON_ITER_HOLDS_DOCUMENT(&at)) {
    return std::optional<Doc>();
  }
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_document(&at, &size, &bytes);
  bson_t value{};
  if (!bson_init_static(&value, bytes, size)) return std::optional<Doc>();
  Doc copy;
  bson_concat(copy.get(), &value);
  return std::optional<Doc>(std::move(copy));
}

Result<Written> Connection::bulk(const std::string& name,
                                 const std::function<void(mongoc_bulk_operation_t*)>& add) {
  const auto in = collection(name);
  Doc options;
  options.flag("ordered", false);
  const std::unique_ptr<mongoc_bulk_operation_t, BulkDeleter> bulk(
      mongoc_collection_create_bulk_operation_with_opts(in.get(), options.get()));
  add(bulk.get());
  Reply reply;
  bson_error_t error{};
  const bool all_done = mongoc_bulk_operation_execute(bulk.get(), reply.fresh(), &error) != 0;
  Written written;
  written.changed =
      reply.number("nInserted") + reply.number("nUpserted") + reply.number("nModified");
  if (all_done) return written;
  if (error.code != kDuplicateKey) return failed(name, error);
  auto duplicates = reply.duplicates();
  if (!duplicates) return failed(name, error);
  written.duplicates = std::move(*duplicates);
  return written;
}

Status Connection::create_indexes(const std::string& name, const std::vector<Doc>& indexes) {
  const auto in = collection(name);
  Doc list;
  for (const auto& keys : indexes) {
    const std::unique_ptr<char, decltype(&bson_free)> index_name(
        mongoc_collection_keys_to_index_string(keys.get()), &bson_free);
    list.next(Doc().doc("key", keys).text("name", index_name.get()));
  }
  Doc command;
  command.text("createIndexes", name).array("indexes", list);
  Reply reply;
  bson_error_t error{};
  if (mongoc_collection_write_command_with_opts(in.get(), command.get(), nullptr, reply.fresh(),
                                                &error)) {
    return {};
  }
  return failed(name, error);
}

Status Connection::drop(const std::string& name) {
  const auto in = collection(name);
  bson_error_t error{};
  if (mongoc_collection_drop_with_opts(in.get(), nullptr, &error)) return {};
  if (error.code == kNamespaceNotFound ||
      std::string_view(static_cast<const char*>(error.message)) == "ns not found") {
    return {};
  }
  return failed(name, error);
}

Result<std::vector<std::string>> Connection::collections() {
  const Owned<mongoc_database_t> database(mongoc_client_get_database(client(), database_.c_str()));
  bson_error_t error{};
  const Owned<char*> names(
      mongoc_database_get_collection_names_with_opts(database.get(), nullptr, &error));
  if (!names) return failed("collections", error);
  std::vector<std::string> found;
  for (char** name = names.get(); *name != nullptr; ++name) found.emplace_back(*name);
  return found;
}

}  // namespace cqrs::mongo
