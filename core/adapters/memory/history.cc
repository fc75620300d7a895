#include "core/adapters/memory/planned_call.h"
#include "core/adapters/memory/stores.h"

#include <algorithm>

namespace cqrs::memory {
namespace {

class MemoryHistory final : public History {
 public:
  MemoryHistory(MemoryRecord& record, FaultPlan plan) : record_(record), plan_(std::move(plan)) {}

  Result<Position> head() override {
    return call("head", [&]() -> Result<Position> {
      return record_.events.empty() ? 0 : record_.events.back().position;
    });
  }

  Result<std::vector<Event>> read(Position after, std::size_t max) override {
    return call("read", [&]() -> Result<std::vector<Event>> {
      const auto from = std::upper_bound(
          record_.events.begin(), record_.events.end(), after,
          [](Position position, const Event& event) { return position < event.position; });
      const auto left = static_cast<std::size_t>(record_.events.end() - from);
      return std::vector<Event>(from, from + static_cast<std::ptrdiff_t>(std::min(left, max)));
    });
  }

  Result<std::vector<Event>> read_stream(const StreamKey& key, std::int64_t after_version,
                                         std::size_t max) override {
    return call("read_stream", [&]() -> Result<std::vector<Event>> {
      std::vector<Event> found;
      for (const auto& event : record_.events) {
        if (found.size() == max) break;
        if (event.stream == key && event.version > after_version) found.push_back(event);
      }
      return found;
    });
  }

  Result<Uuid> incarnation() override {
    return call("incarnation", [&]() -> Result<Uuid> { return record_.incarnation; });
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

std::unique_ptr<History> open_history(MemoryRecord& record, FaultPlan plan) {
  return std::make_unique<MemoryHistory>(record, std::move(plan));
}

}  // namespace cqrs::memory
