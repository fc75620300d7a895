// The backends that need no server.
#include "tests/support/backends.h"

namespace cqrs::support {

std::vector<Backend<WriteSide>> write_backends() {
  return {{"memory", memory_write_side}, {"sqlite", sqlite_write_side}};
}

std::vector<Backend<ReadSide>> read_backends() {
  return {{"memory", memory_read_side}, {"sqlite", sqlite_read_side}};
}

}  // namespace cqrs::support
