// The files of an embedded system: their names, their one owner, the server's secret.
#pragma once

#include "core/base/result.h"

#include <map>
#include <memory>
#include <string>

namespace cqrs {

struct DataDir {
  std::string root;
  [[nodiscard]] std::string write_db() const { return root + "/write.db"; }
  [[nodiscard]] std::string catalog_db() const { return root + "/read.db"; }
  [[nodiscard]] std::string read_db(int generation) const {
    return root + "/read-g" + std::to_string(generation) + ".db";
  }
  [[nodiscard]] std::string lock_file() const { return root + "/lock"; }
  [[nodiscard]] std::string pepper_file() const { return root + "/pepper-1.key"; }
  [[nodiscard]] std::string run_file() const { return root + "/run.json"; }
  [[nodiscard]] std::string log_file() const { return root + "/cqrsd.log"; }
};

// The system's refusal `reason` (an errno) to do `what` with a path of the data directory: error
// unavailable, which names the path, the reason and the way out.
[[nodiscard]] Error file_error(const std::string& what, const std::string& path, int reason);

// Makes the directory, and its parents, when missing. Errors: unavailable (names the path and
// cause).
[[nodiscard]] Status create_directory(const std::string& path);

// What was renamed or removed in it is so after a power cut, too. Error: unavailable.
[[nodiscard]] Status sync_directory(const std::string& path);

// Holds a data directory for one process until destroyed; the kernel releases it when the process
// dies.
class DataDirLock {
 public:
  // Errors: unavailable (the directory cannot be written), already_exists (another process owns it:
  // names its pid).
  [[nodiscard]] static Result<std::unique_ptr<DataDirLock>> acquire(const DataDir& dir);
  DataDirLock(const DataDirLock&) = delete;
  DataDirLock& operator=(const DataDirLock&) = delete;
  ~DataDirLock();

 private:
  explicit DataDirLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Bytes of the write-ahead log of each database of the directory, by the database's name, e.g.
// {"write.db": 4152}. A directory that cannot be read has none.
[[nodiscard]] std::map<std::string, double> log_sizes(const DataDir& dir);

// 32 secret bytes, made on first use, readable by the owner alone; never stored in a database.
[[nodiscard]] Result<std::string> load_or_create_pepper(const DataDir& dir);

// A small file as a whole. Errors: not_found, unavailable.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
// Replaces the file in one step, so that a reader sees the old or the new content. `mode` as in
// chmod.
[[nodiscard]] Status write_file(const std::string& path, const std::string& content,
                                unsigned mode = 0644);

}  // namespace cqrs
