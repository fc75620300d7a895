// Rows per second of commit() beside a bare loop of bulk upserts: the same documents, indexes and
// write concern, sent as they are. Page by page in turn, so that a busy machine slows both.
//   CQRS_PARTS_DIR=… bench_mongo [ROWS [ROUNDS]]
#include "core/adapters/mongo/schema.h"
#include "core/adapters/mongo/view_document.h"

#include "tests/adapters/mongo/database.h"
#include "tests/contract/view_rows.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using Seconds = std::chrono::duration<double>;

std::vector<std::vector<ViewRow>> pages_of(std::size_t rows, std::size_t size,
                                           std::int64_t version) {
  std::vector<std::vector<ViewRow>> pages;
  for (std::size_t i = 0; i < rows; ++i) {
    if (i % size == 0) pages.emplace_back();
    pages.back().push_back(a_row(a_key(kAllKinds[i % 3], i), version));
  }
  return pages;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

template <class T>
void must(const Result<T>& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::abort();
}

struct Write {
  mongo::Doc filter, row;
};
using Prepared = std::array<std::vector<Write>, 3>;  // of one page, by kind

Prepared prepared(const std::vector<ViewRow>& page) {
  Prepared writes;
  for (const auto& row : page) {
    auto document = mongo::to_document(row);
    must(document);
    writes[kind_index(row.key.kind)].push_back(
        {mongo::one("_id", row.key.id), mongo::one("row", *document)});
  }
  return writes;
}

void send_bare(mongo::Connection& connection, const Prepared& page) {
  const mongo::Names names(2);
  mongo::Doc upsert;
  upsert.flag("upsert", true);
  for (const Kind kind : kAllKinds) {
    must(connection.bulk(names.view(kind), [&](mongoc_bulk_operation_t* bulk) {
      for (const auto& write : page[kind_index(kind)]) {
        mongoc_bulk_operation_replace_one_with_opts(bulk, write.filter.get(), write.row.get(),
                                                    upsert.get(), nullptr);
      }
    }));
  }
}

void run(std::size_t rows, std::size_t size) {
  const MongoDatabase database;
  const auto store = database.store();
  if (!mongo::open_projection_store(database.options(), 2)) std::abort();
  auto connection = mongo::Connection::open(database.options(), mongo::kAnswerWithin);
  must(connection);
  const auto epoch = store->acquire()->epoch;
  for (const std::int64_t version : {1, 2}) {
    double bare = 0;
    double commit = 0;
    for (auto& page : pages_of(rows, size, version)) {
      const Prepared writes = prepared(page);
      const ViewChanges changes = changes_of(std::move(page), 1);
      bare += seconds_of([&] { send_bare(**connection, writes); });
      commit += seconds_of([&] { must(store->commit(epoch, changes)); });
    }
    std::printf("pages of %zu, %s: bare %.0f rows/s, commit %.0f rows/s, ratio %.2f\n", size,
                version == 1 ? "new rows" : "updates ", static_cast<double>(rows) / bare,
                static_cast<double>(rows) / commit, bare / commit);
  }
}

}  // namespace
}  // namespace cqrs

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (int round = 0; round < rounds; ++round) {
    for (const std::size_t size : {1'000U, 2'000U}) cqrs::run(rows, size);
  }
}
