// A system to measure and throw away: a directory of its own beside the data directory, so that it
// lies on the same disk, and a service that ends with this process. Nothing is left behind.
#pragma once

#include "cli/system/running.h"

#include <memory>
#include <string>
#include <vector>

namespace cqrs {

class Scratch {
 public:
  // Makes `<data_dir>.<purpose>-<pid>`. Error: unavailable (it cannot be made: names the path).
  [[nodiscard]] static Result<std::unique_ptr<Scratch>> make(const std::string& data_dir,
                                                             const std::string& purpose);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  // Stops the service, by force if it does not end in time, and removes the directory.
  ~Scratch();

  // Starts the service with its benchmark routes. Errors: those of start_system().
  [[nodiscard]] Status start();
  // Only after start().
  [[nodiscard]] const RunningSystem& system() const { return system_; }
  [[nodiscard]] DataDir data() const { return {root_ + "/data"}; }
  // Another path inside, for files of the measurement itself.
  [[nodiscard]] std::string file(const std::string& name) const { return root_ + "/" + name; }

 private:
  Scratch(std::string root, std::vector<std::string> made)
      : root_(std::move(root)), made_(std::move(made)) {}
  std::string root_;
  std::vector<std::string> made_;  // parents that were not there before, deepest first
  RunningSystem system_;
};

}  // namespace cqrs
