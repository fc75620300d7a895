#include "core/adapters/memory/planned_call.h"
#include "core/adapters/memory/stores.h"

#include <algorithm>

namespace cqrs::memory {
namespace {

bool is_keyed(const CredentialRecord& record) {
  return record.credential.stage == CredentialStage::kKeyed;
}

class MemoryCredentials final : public CredentialReader {
 public:
  MemoryCredentials(MemoryRecord& record, FaultPlan plan)
      : record_(record), plan_(std::move(plan)) {}

  Result<std::vector<CredentialRecord>> keyed(std::size_t max) override {
    return call("keyed", [&]() -> Result<std::vector<CredentialRecord>> {
      std::vector<CredentialRecord> found;
      for (const auto& [user, record] : record_.credentials) {
        if (found.size() == max) break;
        if (is_keyed(record)) found.push_back(record);
      }
      return found;
    });
  }

  Result<std::int64_t> count_keyed() override {
    return call("count_keyed", [&]() -> Result<std::int64_t> {
      return std::count_if(record_.credentials.begin(), record_.credentials.end(),
                           [](const auto& entry) { return is_keyed(entry.second); });
    });
  }

  Result<std::optional<CredentialRecord>> find(const Uuid& user) override {
    return call("find", [&]() -> Result<std::optional<CredentialRecord>> {
      const auto at = record_.credentials.find(user);
      if (at == record_.credentials.end()) return std::optional<CredentialRecord>();
      return std::optional<CredentialRecord>(at->second);
    });
  }

 private:
  template <class Work>
  auto call(std::string_view name, Work&& work) -> decltype(work()) {
    return planned_call(plan_, name, ErrorCode::kUnavailable, std::forward<Work>(work));
  }

  MemoryRecord& record_;
  FaultPlan plan_;
};

}  // namespace

std::unique_ptr<CredentialReader> open_credentials(MemoryRecord& record, FaultPlan plan) {
  return std::make_unique<MemoryCredentials>(record, std::move(plan));
}

}  // namespace cqrs::memory
