// Which generations there are, and how one is removed.
#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/keys.h"
#include "core/adapters/redis/stores.h"

#include <algorithm>

namespace cqrs::redis {
namespace {

// Keys looked at in one step; what was found is freed by a thread of the server's own.
constexpr std::int64_t kStep = 1'000;

}  // namespace

Status remove_generation(const Options& options, int generation) {
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  const std::string pattern = glob_prefix(Keys(options.prefix, generation).root());
  std::string cursor = "0";
  do {
    auto replies =
        (*connection)->read(Request().command("SCAN", cursor, "MATCH", pattern, "COUNT", kStep));
    if (!replies) return replies.error();
    const Reply found = (*replies)[0][1];
    if (found.size() > 0) {
      Arguments keys;
      for (std::size_t i = 0; i < found.size(); ++i) keys.add(found[i].text());
      auto removed = (*connection)->write(Request().command_with(keys, "UNLINK"));
      if (!removed) return removed.error();
    }
    cursor = (*replies)[0][0].text();
  } while (cursor != "0");
  // Last, so that what was interrupted is still named and can be done again.
  auto forgotten = (*connection)
                       ->write(Request().command("SREM", generations_key(options.prefix),
                                                 std::int64_t{generation}));
  return forgotten ? Status() : forgotten.error();
}

Result<std::vector<int>> stored_generations(const Options& options) {
  auto connection = Connection::open(options.url);
  if (!connection) return connection.error();
  auto replies =
      (*connection)->read(Request().command("SMEMBERS", generations_key(options.prefix)));
  if (!replies) return replies.error();
  std::vector<int> numbers;
  for (std::size_t i = 0; i < (*replies)[0].size(); ++i) {
    numbers.push_back(static_cast<int>((*replies)[0][i].integer()));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace cqrs::redis
