// A file system of a few megabytes that a test can fill up and free again. Needs the right to mount
// (root, as in CI); without it a test fails and says so. Everything is mounted in a mount namespace
// of the test process and vanishes with it.
#pragma once

#include <cstdint>
#include <string>

namespace cqrs::e2e {

class SmallDisk {
 public:
  // Mounts at `path`, which is made. Throws when that is not possible.
  SmallDisk(std::string path, std::uint64_t bytes);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  // Takes all space but about `room` bytes; again after the others have taken or freed some.
  void fill(std::uint64_t room = 0) const;
  void free() const;
  // Lets nobody write any more, or again.
  void set_read_only(bool read_only) const;

 private:
  std::string path_;
};

}  // namespace cqrs::e2e
