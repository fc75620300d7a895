// One connection to the server and the few calls that the stores are made of. Driver errors are
// translated here and nowhere else. Internal to this adapter.
#pragma once

#include "core/adapters/mongo/document.h"
#include "core/adapters/mongo/stores.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cqrs::mongo {

// How long an answer may take: reads of a whole kind take longer than anything that someone waits
// for.
inline constexpr std::chrono::seconds kAnswerWithin{10};
inline constexpr std::chrono::seconds kScanWithin{300};

// Called for each document of an answer; an error ends the reading.
using Visit = std::function<Status(Fields&)>;

struct ClientDeleter {
  void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
};
struct CollectionDeleter {
  void operator()(mongoc_collection_t* collection) const { mongoc_collection_destroy(collection); }
};
struct UriDeleter {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
};
struct BulkDeleter {
  void operator()(mongoc_bulk_operation_t* bulk) const { mongoc_bulk_operation_destroy(bulk); }
};
using Collection = std::unique_ptr<mongoc_collection_t, CollectionDeleter>;

// What a bulk of writes came to. `duplicates`: the indexes of those whose key was there already.
struct Written {
  std::int64_t changed = 0;  // documents that were inserted, or are not what they were
  std::vector<std::uint32_t> duplicates;
};

// Used by one thread at a time. Writes are acknowledged by a majority and from its journal, reads
// are of what a majority has and from the primary: what was read once is never rolled back, so that
// a projector may build on it. Every call: unavailable; whether a write happened is then unknown.
class Connection {
 public:
  // Error: invalid (the URL). Does not connect yet.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Options& options,
                                                                std::chrono::seconds within);

  // `options` of the driver: sort, limit, projection …
  [[nodiscard]] Status find(const std::string& collection, const Doc& filter, const Doc& options,
                            const Visit& visit);
  [[nodiscard]] Status aggregate(const std::string& collection, const Doc& pipeline,
                                 const Visit& visit);
  [[nodiscard]] Result<std::int64_t> count(const std::string& collection, const Doc& filter);
  // Gives whether a document matched (or was inserted, with `upsert`).
  [[nodiscard]] Result<bool> update(const std::string& collection, const Doc& filter,
                                    const Doc& change, bool upsert);
  // The document after the change; nothing when none matched.
  [[nodiscard]] Result<std::optional<Doc>> find_and_update(const std::string& collection,
                                                           const Doc& filter, const Doc& change);
  // `add` adds at most 1,000 writes, which the server does in any order. A key that is there
  // already is no error.
  [[nodiscard]] Result<Written> bulk(const std::string& collection,
                                     const std::function<void(mongoc_bulk_operation_t*)>& add);
  [[nodiscard]] Status create_indexes(const std::string& collection,
                                      const std::vector<Doc>& indexes);
  // One that does not exist is dropped already.
  [[nodiscard]] Status drop(const std::string& collection);
  [[nodiscard]] Result<std::vector<std::string>> collections();

 private:
  Connection(std::unique_ptr<mongoc_uri_t, UriDeleter> uri, std::string database);

  [[nodiscard]] mongoc_client_t* client();
  [[nodiscard]] Collection collection(const std::string& name);
  [[nodiscard]] Status drain(mongoc_cursor_t* cursor, const std::string& what, const Visit& visit);
  [[nodiscard]] Error failed(const std::string& what, const bson_error_t& error);

  std::unique_ptr<mongoc_uri_t, UriDeleter> uri_;
  std::string database_;
  std::unique_ptr<mongoc_client_t, ClientDeleter> client_;
  bool broken_ = false;
};

}  // namespace cqrs::mongo
