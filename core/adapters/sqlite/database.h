// Owners for SQLite's handles: a connection and a prepared statement that clean up after themselves
// and turn every result code into an Error. The only header that shows sqlite3.h to this adapter.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/base/uuid.h"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cqrs::sqlite {

enum class OpenMode : std::uint8_t { kReadOnly, kReadWrite };

class Database;

// A prepared statement. Text and blobs are bound without a copy: they must live until the step.
class Statement {
 public:
  Statement() = default;
  Statement(Database& database, std::string_view sql);

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind(int index, const Uuid& id) { return bind_blob(index, id.view()); }
  // True: a row is ready. Callers read columns, then step again or reset.
  [[nodiscard]] Result<bool> step();
  // Runs a statement that gives no rows, and resets it.
  [[nodiscard]] Status run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  // Valid until the next step or reset.
  [[nodiscard]] std::string_view text(int column) const;
  // Nil when the column does not hold 16 bytes.
  [[nodiscard]] Uuid id(int column) const;
  [[nodiscard]] Digest digest(int high_column) const;  // this column and the next

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int prepare_code_ = SQLITE_OK;
};

// How long a statement waits for another process's lock.
inline constexpr std::chrono::milliseconds kBusyTimeout{5'000};

class Database {
 public:
  // Read-write creates the file when it is missing. Errors: unavailable (cannot open, names the
  // path).
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                              OpenMode mode);

  // Runs SQL without rows, several statements allowed.
  [[nodiscard]] Status execute(const char* sql);
  // The first column of the first row, 0 when there is none.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);
  void set_busy_timeout(std::chrono::milliseconds timeout);
  // Whether a transaction is open; after a failed ROLLBACK, too.
  [[nodiscard]] bool in_transaction();
  [[nodiscard]] sqlite3* handle() { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // The Error for a result code: full disk and I/O errors are unavailable, a malformed file is
  // corrupt, everything else is internal.
  [[nodiscard]] Error error(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// Rolls back unless commit() succeeded.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  [[nodiscard]] Status begin_immediate();
  [[nodiscard]] Status begin_read();
  [[nodiscard]] Status commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace cqrs::sqlite
