// Works out what one commit changes, as commands: entries of the index gathered by key, then rows.
// Every step may be done twice, with the same result.
#pragma once

#include "core/adapters/redis/index_entries.h"
#include "core/adapters/redis/request.h"
#include "core/project/projection_store.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cqrs::redis {

class CommitPlan {
 public:
  explicit CommitPlan(const Keys& keys) : keys_(keys) {}

  // `before` is the row that stands there, nullptr when there is none. Error: corrupt.
  [[nodiscard]] Status put(const ViewRow* before, const ViewRow& row);
  [[nodiscard]] Status remove(const ViewRow& before);
  void park(const ParkedEvent& parked);
  // Behind everything else: adds all of it to `transaction`.
  void finish(Request& transaction) const;

 private:
  struct Group {
    std::string_view command;
    Arguments arguments;
  };
  // By key, without the root.
  using Groups = std::unordered_map<std::string, Group>;

  static Arguments& group(Groups& groups, std::string_view command, const std::string& key);
  void add(const IndexEntry& entry);
  void take_out(const IndexEntry& entry);

  const Keys& keys_;
  Groups removed_, added_;
  std::unordered_map<std::string, Arguments> forgotten_;  // by list of words: sets and their words
  Request rows_;
};

}  // namespace cqrs::redis
