#include "tests/support/backends.h"

#include "core/adapters/memory/stores.h"
#include "core/adapters/sqlite/stores.h"

#include "tests/support/temp_dir.h"

namespace cqrs::support {
namespace {

// Stops the test program with the reason when a store cannot even be opened.
template <class Port>
std::unique_ptr<Port> opened(Result<std::unique_ptr<Port>> port) {
  if (!port) {
    ADD_FAILURE() << port.error().message;
    std::abort();
  }
  return std::move(*port);
}

class MemoryWriteSide final : public WriteSide {
 public:
  std::unique_ptr<WriteStore> open_store() override { return memory::open_write_store(record_); }
  std::unique_ptr<History> open_history() override { return memory::open_history(record_); }
  std::unique_ptr<CredentialReader> open_credentials() override {
    return memory::open_credentials(record_);
  }

 private:
  memory::MemoryRecord record_;
};

class SqliteWriteSide final : public WriteSide {
 public:
  std::unique_ptr<WriteStore> open_store() override {
    return opened(sqlite::open_write_store(dir_.file("write.db")));
  }
  std::unique_ptr<History> open_history() override {
    return opened(sqlite::open_history(dir_.file("write.db")));
  }
  std::unique_ptr<CredentialReader> open_credentials() override {
    return opened(sqlite::open_credentials(dir_.file("write.db")));
  }

 private:
  TempDir dir_;
};

class MemoryReadSide final : public ReadSide {
 public:
  std::unique_ptr<ProjectionStore> open_store() override {
    return memory::open_projection_store(views_);
  }
  std::unique_ptr<ReadStore> open_reader() override { return memory::open_read_store(views_); }

 private:
  memory::MemoryViews views_;
};

class SqliteReadSide final : public ReadSide {
 public:
  std::unique_ptr<ProjectionStore> open_store() override {
    return opened(sqlite::open_projection_store(dir_.file("read.db")));
  }
  std::unique_ptr<ReadStore> open_reader() override {
    return opened(sqlite::open_read_store(dir_.file("read.db")));
  }

 private:
  TempDir dir_;
};

}  // namespace

std::unique_ptr<WriteSide> memory_write_side() { return std::make_unique<MemoryWriteSide>(); }
std::unique_ptr<WriteSide> sqlite_write_side() { return std::make_unique<SqliteWriteSide>(); }
std::unique_ptr<ReadSide> memory_read_side() { return std::make_unique<MemoryReadSide>(); }
std::unique_ptr<ReadSide> sqlite_read_side() { return std::make_unique<SqliteReadSide>(); }

}  // namespace cqrs::support
