// A database of a test's own on the server of scripts/parts, dropped at the end, with a way past
// the adapter: to damage documents, and to look at what is stored.
#pragma once

#include "core/adapters/mongo/stores.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cqrs::support {

class MongoDatabase {
 public:
  MongoDatabase();
  explicit MongoDatabase(const std::string& name);  // one that another program uses
  MongoDatabase(const MongoDatabase&) = delete;
  MongoDatabase& operator=(const MongoDatabase&) = delete;
  ~MongoDatabase();

  [[nodiscard]] const mongo::Options& options() const { return options_; }
  [[nodiscard]] std::unique_ptr<ProjectionStore> store(
      std::function<void(std::int64_t)> on_stale_rows = {}) const;
  [[nodiscard]] std::unique_ptr<ReadStore> reader() const;
  [[nodiscard]] std::unique_ptr<EntitySource> source() const;

  // Applies `change` to the documents that match, both as extended JSON; how many there were.
  std::int64_t update(const std::string& collection, const std::string& filter,
                      const std::string& change);
  // Documents as extended JSON.
  void insert(const std::string& collection, const std::vector<std::string>& documents);
  // Those that match.
  void remove(const std::string& collection, const std::string& filter);
  std::int64_t count(const std::string& collection, const std::string& filter = "{}");

 private:
  struct Client;
  mongo::Options options_;
  std::unique_ptr<Client> client_;
};

}  // namespace cqrs::support
