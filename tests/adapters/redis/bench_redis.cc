// Processor time per new row of a page: what prepare() and commit() take here, and what the server
// takes. Kind by kind, in the order in which a seed brings them.
//   CQRS_PARTS_DIR=… bench_redis [ROWS-PER-KIND [PAGE [ROUNDS]]]
#include "tests/adapters/redis/backends.h"
#include "tests/adapters/redis/rows.h"
#include "tests/adapters/redis/server.h"
#include "tests/support/parts.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

double own_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Of the server's thread that carries commands out.
double server_seconds(PlainClient& client) {
  const std::string info = client({"INFO", "cpu"});
  double seconds = 0;
  for (const char* name : {"used_cpu_sys_main_thread:", "used_cpu_user_main_thread:"}) {
    seconds += std::strtod(info.c_str() + info.find(name) + std::strlen(name), nullptr);
  }
  return seconds;
}

void run(std::uint64_t rows, std::uint64_t page) {
  const Generator generator({42, rows, rows, rows});
  RedisReadSide side;
  const auto store = side.open_store();
  const auto epoch = store->acquire()->epoch;
  PlainClient client(parts().redis);
  for (const Kind kind : kAllKinds) {
    double prepared = 0;
    double committed = 0;
    const double before = server_seconds(client);
    for (std::uint64_t from = 0; from < rows; from += page) {
      ViewChanges changes = changes_of({}, static_cast<Position>(from + page));
      for (std::uint64_t i = from; i < std::min(rows, from + page); ++i) {
        changes.rows.push_back(workload_row(generator, kind, i));
      }
      changes.before.resize(changes.rows.size());
      const double start = own_seconds();
      const auto worked_out = store->prepare(std::move(changes));
      const double middle = own_seconds();
      if (!worked_out || !store->commit(epoch, **worked_out)) std::abort();
      committed += own_seconds() - middle;
      prepared += middle - start;
    }
    const double server = server_seconds(client) - before;
    const auto each = [&](double seconds) { return seconds * 1e6 / static_cast<double>(rows); };
    std::printf("%-8s prepare %5.2f us, commit %5.2f us, server %5.2f us a row\n",
                std::string(kind_name(kind)).c_str(), each(prepared), each(committed),
                each(server));
  }
}

}  // namespace
}  // namespace cqrs

int main(int argc, char** argv) {
  const std::uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const std::uint64_t page = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2'000;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  for (int round = 0; round < rounds; ++round) cqrs::run(rows, page);
}
