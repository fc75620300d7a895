// Works out what one commit changes, as commands: rows, then entries of the index gathered by key.
// Every step may be done twice, with the same result.
#pragma once

#include "core/adapters/redis/index_entries.h"
#include "core/adapters/redis/request.h"
#include "core/project/projection_store.h"

#include <functional>
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
  // Adds all of it to `transaction`.
  void finish(Request& transaction);

 private:
  // What one command adds or removes.
  class Group {
   public:
    explicit Group(std::string_view command) : command_(command) {}
    void add(std::int64_t score, std::string_view text);
    [[nodiscard]] bool is_empty() const { return members_.empty(); }
    [[nodiscard]] std::size_t bytes() const;
    // Sorted sets get their members in their order: neighbours are found where the last one was,
    // which takes a tenth of the time off a page.
    void finish(Request& transaction, const Joined& key);

   private:
    struct Member {
      std::int64_t score;
      std::size_t offset, size;  // in texts_
    };
    [[nodiscard]] std::string_view text(const Member& member) const {
      return std::string_view(texts_).substr(member.offset, member.size);
    }
    std::string_view command_;
    std::vector<Member> members_;
    std::string texts_;
  };
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  // By key, without the root.
  using Groups = std::unordered_map<std::string, Group, HashText, std::equal_to<>>;

  static Group& group(Groups& groups, std::string_view command, std::string_view key);
  void add(const EntryView& entry);
  void take_out(const IndexEntry& entry);
  [[nodiscard]] Status put_in_place(const ViewRow& before, const ViewRow& row);

  const Keys& keys_;
  Groups removed_, added_;
  std::unordered_map<std::string, Arguments> forgotten_;  // by list of words: sets and their words
  Request rows_;  // and what would be gathered under a key of its own for nearly every row
};

}  // namespace cqrs::redis
