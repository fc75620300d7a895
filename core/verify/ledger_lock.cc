#include "core/verify/ledger_lock.h"

#include <fcntl.h>
#include <unistd.h>

namespace cqrs {
namespace {

// A lock of the open file description: unlike flock(), it can be asked for without being taken, so
// that a look at a ledger never gets in the way of a resume.
struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

bool lock_ledger(int descriptor) {
  auto lock = whole_file(F_WRLCK);
  return ::fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

bool ledger_is_locked(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  auto lock = whole_file(F_RDLCK);
  const bool told = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  ::close(descriptor);
  return told && lock.l_type != F_UNLCK;
}

}  // namespace cqrs
