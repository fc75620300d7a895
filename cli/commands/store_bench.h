// The stores measured in this process, without HTTP: what each can do alone, on the same disk and
// in groups of the same size as under load.
#pragma once

#include "core/wiring/embedded.h"
#include "core/workload/generator.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace cqrs {

struct StoreBenchOptions {
  std::string directory;  // made when missing, must be empty; the caller removes it
  std::uint64_t seed = 1;
  std::size_t group = 250;                   // commands or events per transaction
  std::chrono::duration<double> seconds{2};  // measured time per phase
};

// One round of every phase over fresh files. Each method: entities per second; errors are those of
// the stores. A phase that is interrupted gives what it measured so far.
class StoreBench {
 public:
  StoreBench(StoreBenchOptions options, const std::atomic<bool>& interrupted)
      : options_(std::move(options)), interrupted_(interrupted) {}

  // The bytes of the events alone, overwritten in place in a plain file of 16 MB, fdatasync per
  // group: what the disk allows any log.
  [[nodiscard]] Result<double> disk();
  // Ready events through WriteStore::transact: no command, no stream, claim or idempotency key.
  [[nodiscard]] Result<double> append();
  // Commands through CommandHandler: equal parts of users, products and orders, with keys.
  [[nodiscard]] Result<double> commit();
  // Reading the record that commit() made, page by page; after commit().
  [[nodiscard]] Result<double> read();
  // Projecting that record into a fresh generation; after commit().
  [[nodiscard]] Result<double> apply();

 private:
  [[nodiscard]] DataDir store() const { return {options_.directory + "/store"}; }
  [[nodiscard]] bool over(double spent) const {
    return interrupted_ || spent >= options_.seconds.count();
  }

  StoreBenchOptions options_;
  const std::atomic<bool>& interrupted_;
};

}  // namespace cqrs
