#include "cli/commands/ledgers.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

namespace cqrs {
namespace {

Status add_seed(const std::string& path, std::vector<Ledger>& seeds) {
  auto ledger = Ledger::read(path);
  if (!ledger) return ledger.error();
  const auto same = std::find_if(seeds.begin(), seeds.end(), [&](const Ledger& other) {
    return other.shape() == ledger->shape();
  });
  if (same == seeds.end()) {
    seeds.push_back(std::move(*ledger));
  } else {
    same->merge(*ledger);
  }
  return {};
}

}  // namespace

std::string ledger_directory(const DataDir& dir) { return dir.root + "/ledgers"; }

std::string ledger_path(const DataDir& dir, std::uint64_t seed) {
  return ledger_directory(dir) + "/seed-" + std::to_string(seed) + ".bin";
}

std::string load_ledger_path(const DataDir& dir, std::uint64_t seed, std::uint32_t shard,
                             std::uint32_t shards) {
  std::string path = ledger_directory(dir) + "/load-" + std::to_string(seed);
  if (shards > 1) path += "-shard-" + std::to_string(shard) + "-of-" + std::to_string(shards);
  return path + ".bin";
}

std::vector<std::string> find_all_ledgers(const DataDir& dir) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(ledger_directory(dir), error)) {
    if (entry.path().extension() == ".bin") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> find_ledgers(const DataDir& dir) {
  auto paths = find_all_ledgers(dir);
  std::erase_if(paths, is_op_ledger);
  return paths;
}

Result<LedgerSet> read_ledgers(const std::vector<std::string>& paths) {
  LedgerSet set;
  using Run = std::tuple<std::uint64_t, std::uint32_t, std::string>;
  std::map<Run, std::vector<std::string>> loads;
  for (const auto& path : paths) {
    if (!is_op_ledger(path)) {
      CQRS_TRY(add_seed(path, set.seeds));
      continue;
    }
    auto head = read_op_ledger_head(path);
    if (!head) return head.error();
    loads[{head->data.seed, head->shards, head->name}].push_back(path);
  }
  for (const auto& [run, files] : loads) {
    auto ledger = OpLedger::read(files);
    if (!ledger) return ledger.error();
    set.loads.push_back(std::move(*ledger));
  }
  return set;
}

}  // namespace cqrs
