#include "core/wiring/data_dir.h"

#include "core/base/crypto.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace cqrs {
namespace {

const char* way_out(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "free some space on that disk";
    case EACCES:
    case EPERM:
    case EROFS:
      return "let this user write there, or choose another --data-dir";
    case ENOTDIR:
    case EEXIST:
      return "a file is in the way: move it, or choose another --data-dir";
    default:
      return "look at that disk, or choose another --data-dir";
  }
}

Error failed(const std::string& what, const std::string& path, int reason = errno) {
  return file_error(what, path, reason);
}

struct Descriptor {
  int value = -1;
  explicit Descriptor(int opened) : value(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

// A new name in a directory is there after a power cut only when the directory was synced, too.
Status sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.value < 0 || ::fsync(opened.value) != 0) return failed("sync", directory);
  return {};
}

std::string read_all(int descriptor) {
  std::string content;
  char chunk[4096];
  for (ssize_t got = 0; (got = ::read(descriptor, chunk, sizeof chunk)) > 0;) {
    content.append(chunk, static_cast<std::size_t>(got));
  }
  return content;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Error file_error(const std::string& what, const std::string& path, int reason) {
  return make_error(ErrorCode::kUnavailable, "cannot " + what + " " + path + " (" +
                                                 std::strerror(reason) + "): " + way_out(reason));
}

Status create_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && std::filesystem::is_directory(path)) return {};
  return failed("create the directory", path, error ? error.value() : ENOTDIR);
}

Status sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.value < 0 || ::fsync(directory.value) != 0) return failed("sync", path);
  return {};
}

Result<std::unique_ptr<DataDirLock>> DataDirLock::acquire(const DataDir& dir) {
  CQRS_TRY(create_directory(dir.root));
  const int descriptor = ::open(dir.lock_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return failed("write to the data directory", dir.root);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const std::string owner = read_all(descriptor);
    ::close(descriptor);
    return make_error(ErrorCode::kAlreadyExists,
                      "the data directory " + dir.root + " belongs to the running process " +
                          owner + ": stop it with cqrsctl down, or choose another --data-dir");
  }
  std::unique_ptr<DataDirLock> lock(new DataDirLock(descriptor));
  if (::ftruncate(descriptor, 0) != 0 || !write_all(descriptor, std::to_string(::getpid()))) {
    return failed("write", dir.lock_file());
  }
  return lock;
}

DataDirLock::~DataDirLock() { ::close(descriptor_); }

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value < 0 && errno == ENOENT) return make_error(ErrorCode::kNotFound, "no file " + path);
  if (file.value < 0) return failed("read", path);
  return read_all(file.value);
}

Status write_file(const std::string& path, const std::string& content, unsigned mode) {
  const std::string temporary = path + ".new";
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.value < 0) return failed("write", temporary);
    if (!write_all(file.value, content) || ::fsync(file.value) != 0) {
      return failed("write", temporary);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("replace", path);
  return sync_directory_of(path);
}

std::map<std::string, double> log_sizes(const DataDir& dir) {
  constexpr std::string_view kSuffix = "-wal";
  std::map<std::string, double> sizes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir.root, error)) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    // A link to a database elsewhere has its log there, too; it may also vanish meanwhile.
    const auto size = entry.file_size(error);
    name.resize(name.size() - kSuffix.size());
    if (!error) sizes[name] = static_cast<double>(size);
  }
  return sizes;
}

Result<std::string> load_or_create_pepper(const DataDir& dir) {
  constexpr std::size_t kSize = 32;
  auto existing = read_file(dir.pepper_file());
  if (existing && existing->size() == kSize) return existing;
  if (existing) {
    return make_error(
        ErrorCode::kCorrupt,
        dir.pepper_file() +
            " does not hold a key of 32 bytes: put its backup there, or remove it and "
            "lose only the repetition of commands sent before");
  }
  if (existing.error().code != ErrorCode::kNotFound) return existing.error();
  const std::string key = random_bytes(kSize);
  CQRS_TRY(write_file(dir.pepper_file(), key, 0600));
  return key;
}

}  // namespace cqrs
