#include "core/adapters/sqlite/database.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace cqrs::sqlite {

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  prepare_code_ = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  statement_.reset(raw);
  if (prepare_code_ != SQLITE_OK) {
    const Error error = database.error(prepare_code_);
    std::fprintf(stderr, "cannot prepare \"%.*s\": %s\n", static_cast<int>(sql.size()), sql.data(),
                 error.message.c_str());
  }
}

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob(statement_.get(), index, bytes.data(), static_cast<int>(bytes.size()),
                    SQLITE_STATIC);
  return *this;
}

namespace {

// The operating system's reason in brackets and the way out, for errors that have such a reason.
std::string system_reason(sqlite3* handle) {
  const int reason = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  const std::string words = reason == 0 ? "" : " (" + std::string(std::strerror(reason)) + ")";
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return words + ": free some space on that disk";
    case EACCES:
    case EPERM:
    case EROFS:
      return words + ": let this user write there, or choose another --data-dir";
    default:
      return words + ": look at that disk, and at the log of the kernel";
  }
}

// What to do about a damaged file depends on whether it can be made anew from another.
const char* way_out_of_damage(const std::string& where) {
  const std::string name = where.substr(where.rfind('/') + 1);
  if (name.starts_with("read-g")) return ": fill the views anew with cqrsctl up --rebuild-views";
  if (name.starts_with("read.")) return ": move it away and start again";
  return ": restore it from a backup";
}

Error code_error(sqlite3* handle, int code, const std::string& where) {
  const char* detail = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  const std::string text = where + ": " + detail;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return make_error(ErrorCode::kUnavailable, text + ": free some space on that disk");
    case SQLITE_READONLY:
      return make_error(ErrorCode::kUnavailable,
                        text + ": let this user write there, or choose another --data-dir");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make_error(ErrorCode::kUnavailable,
                        text + ": end the other program that is writing to it");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return make_error(ErrorCode::kUnavailable, text + system_reason(handle));
    case SQLITE_NOMEM:
      return make_error(ErrorCode::kUnavailable, text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return make_error(ErrorCode::kCorrupt, text + way_out_of_damage(where));
    default:
      return make_error(ErrorCode::kInternal, text);
  }
}

}  // namespace

Result<bool> Statement::step() {
  if (!statement_) return code_error(nullptr, prepare_code_, "statement was never prepared");
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  const char* file = sqlite3_db_filename(handle, "main");
  Error error = code_error(handle, code, file == nullptr ? "sqlite" : file);
  sqlite3_reset(statement_.get());
  return error;
}

Status Statement::run() {
  auto row = step();
  reset();
  if (!row) return row.error();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

Uuid Statement::id(int column) const { return uuid_from_bytes(text(column)).value_or(Uuid{}); }

Digest Statement::digest(int high_column) const {
  return {static_cast<std::uint32_t>(integer(high_column)),
          static_cast<std::uint32_t>(integer(high_column + 1))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, OpenMode mode) {
  // Nobody asks how much memory SQLite uses; counting takes one lock for all threads per
  // allocation.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);  // misuse when the program used SQLite before: then it counts on
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (mode == OpenMode::kReadOnly ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Database> database(new Database(raw, path));
  if (code != SQLITE_OK) return code_error(raw, code, "cannot open " + path);
  sqlite3_extended_result_codes(raw, 1);
  database->set_busy_timeout(kBusyTimeout);
  return database;
}

Error Database::error(int code) const { return code_error(handle_.get(), code, path_); }

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  Statement statement(*this, sql);
  auto row = statement.step();
  if (!row) return row.error();
  return *row ? statement.integer(0) : 0;
}

void Database::set_busy_timeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(timeout.count()));
}

bool Database::in_transaction() { return sqlite3_get_autocommit(handle_.get()) == 0; }

Status Transaction::begin_immediate() {
  CQRS_TRY(database_.execute("BEGIN IMMEDIATE"));
  open_ = true;
  return {};
}

Status Transaction::begin_read() {
  CQRS_TRY(database_.execute("BEGIN"));
  open_ = true;
  return {};
}

Status Transaction::commit() {
  auto status = database_.execute("COMMIT");
  if (status.ok()) open_ = false;
  return status;
}

Transaction::~Transaction() {
  // After a failed COMMIT SQLite may have rolled back by itself.
  if (open_ && database_.in_transaction()) {
    (void)database_.execute("ROLLBACK");
  }
}

}  // namespace cqrs::sqlite
