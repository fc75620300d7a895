#include "cli/commands/ledgers.h"

#include <algorithm>
#include <filesystem>

namespace cqrs {

std::string ledger_directory(const DataDir& dir) { return dir.root + "/ledgers"; }

std::string ledger_path(const DataDir& dir, std::uint64_t seed) {
  return ledger_directory(dir) + "/seed-" + std::to_string(seed) + ".bin";
}

std::vector<std::string> find_ledgers(const DataDir& dir) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(ledger_directory(dir), error)) {
    if (entry.path().extension() == ".bin") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace cqrs
