// Rows per second of commit() of the views on PostgreSQL, new rows and changes of them.
//   CQRS_PARTS_DIR=… bench_views [ROWS [ROUNDS]]
#include "core/base/hash.h"

#include "tests/adapters/postgres/view_database.h"
#include "tests/contract/view_rows.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using Seconds = std::chrono::duration<double>;

// Every row has a name, price, e-mail and user of its own, so that index entries scatter.
ViewRow any_row(Kind kind, std::uint64_t number, std::int64_t version) {
  ViewRow row = a_row(a_key(kind, number), version);
  std::uint64_t state = number;
  const std::string word = std::to_string(split_mix(state) % 5'000);
  if (kind == Kind::kUser) {
    UserState user = a_full_user(number);
    user.personal.name = "Name" + word + " Family" + std::to_string(split_mix(state) % 5'000);
    user.personal.email = "user" + std::to_string(split_mix(state)) + "@example.com";
    render_view(row, user);
  } else if (kind == Kind::kProduct) {
    render_view(row,
                ProductState{"Oak " + word + " lamp", "Made of word" + word + " by hand",
                             Money{static_cast<std::int64_t>(split_mix(state) % 100'000)}, true});
  } else {
    OrderState order = an_order();
    order.user = user_key(split_mix(state) % 100'000).id;
    if (version > 1) order.status = OrderStatus::kConfirmed;
    render_view(row, order);
  }
  return row;
}

void run(std::size_t rows, std::size_t size, bool indexed) {
  const PostgresViews views;
  const auto store = views.store();
  const auto epoch = store->acquire()->epoch;
  // As a generation that is being filled, or as one that is read.
  if (indexed && !store->caught_up(epoch)) std::abort();
  for (const std::int64_t version : {1, 2}) {
    double seconds = 0;
    for (std::size_t from = 0; from < rows; from += size) {
      ViewChanges changes = changes_of({}, static_cast<Position>(from + size));
      std::vector<StreamKey> keys;
      for (std::size_t i = from; i < from + size; ++i) {
        changes.rows.push_back(any_row(kAllKinds[i % 3], i, version));
        keys.push_back(changes.rows.back().key);
      }
      const auto start = std::chrono::steady_clock::now();
      if (!store->load(keys) || !store->commit(epoch, changes)) std::abort();
      seconds += Seconds(std::chrono::steady_clock::now() - start).count();
    }
    std::printf("pages of %zu, %s, %s indexes: load and commit %.0f rows/s\n", size,
                version == 1 ? "new rows" : "changes ", indexed ? "with" : "without",
                static_cast<double>(rows) / seconds);
  }
}

}  // namespace
}  // namespace cqrs

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 60'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 1;
  for (int round = 0; round < rounds; ++round) {
    for (const bool indexed : {true, false}) cqrs::run(rows, 2'000, indexed);
  }
}
