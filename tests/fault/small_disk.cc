#include "tests/fault/small_disk.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace cqrs::e2e {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("cannot " + what + " (" + std::strerror(errno) +
                           "): this test needs the right to mount, run it as root");
}

// Once per process: what is mounted from here on nobody else sees.
void enter_own_namespace() {
  static const bool entered = [] {
    if (::unshare(CLONE_NEWNS) != 0) give_up("enter a mount namespace");
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      give_up("make the mounts private");
    }
    return true;
  }();
  (void)entered;
}

}  // namespace

SmallDisk::SmallDisk(std::string path, std::uint64_t bytes) : path_(std::move(path)) {
  enter_own_namespace();
  std::filesystem::create_directories(path_);
  const std::string options = "size=" + std::to_string(bytes);
  if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) != 0) give_up("mount a tmpfs");
}

SmallDisk::~SmallDisk() { (void)::umount2(path_.c_str(), MNT_DETACH); }

void SmallDisk::fill(std::uint64_t room) const {
  struct statvfs space {};
  if (::statvfs(path_.c_str(), &space) != 0) give_up("ask for the space of " + path_);
  const std::uint64_t available = space.f_bavail * space.f_bsize;
  if (available <= room) return;
  const int filler = ::open(file("filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto end = ::lseek(filler, 0, SEEK_END);
  const int failed = ::posix_fallocate(filler, end, static_cast<off_t>(available - room));
  ::close(filler);
  // Somebody else may have been quicker with the last page.
  if (failed != 0 && failed != ENOSPC) throw std::runtime_error("cannot fill " + path_);
}

void SmallDisk::free() const { (void)::unlink(file("filler").c_str()); }

void SmallDisk::set_read_only(bool read_only) const {
  const unsigned long flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0);
  if (::mount("none", path_.c_str(), nullptr, flags, nullptr) != 0) give_up("remount " + path_);
}

}  // namespace cqrs::e2e
