#include "cli/system/scratch.h"

#include <csignal>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace cqrs {

namespace fs = std::filesystem;

Result<std::unique_ptr<Scratch>> Scratch::make(const std::string& data_dir,
                                               const std::string& purpose) {
  std::error_code error;
  fs::path base = fs::absolute(data_dir, error).lexically_normal();
  if (!base.has_filename()) base = base.parent_path();
  const std::string root = base.string() + "." + purpose + "-" + std::to_string(::getpid());
  std::vector<std::string> made;
  for (fs::path parent = base.parent_path(); !parent.empty() && !fs::exists(parent, error);
       parent = parent.parent_path()) {
    made.push_back(parent.string());
  }
  // From here on the destructor clears up, whatever fails.
  std::unique_ptr<Scratch> scratch(new Scratch(root, std::move(made)));
  CQRS_TRY(create_directory(root));
  return scratch;
}

Status Scratch::start() {
  StartOptions options;
  options.bench_routes = true;
  options.ends_with_starter = true;
  auto system = start_system(data(), options);
  if (!system) return system.error();
  system_ = *system;
  return {};
}

Scratch::~Scratch() {
  if (system_.pid > 0 && !stop_system(data(), system_, std::chrono::seconds(20))) {
    ::kill(system_.pid, SIGKILL);
  }
  if (system_.pid > 0) ::waitpid(system_.pid, nullptr, 0);
  std::error_code ignored;  // a destructor has nobody to tell
  fs::remove_all(root_, ignored);
  for (const auto& parent : made_) fs::remove(parent, ignored);
}

}  // namespace cqrs
