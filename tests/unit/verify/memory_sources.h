// What verify reads, over the memory stores, with a hook that can change them between two reads as
// a system does that goes on writing.
#pragma once

#include "core/adapters/memory/stores.h"
#include "core/verify/verify.h"

#include <functional>
#include <string>
#include <vector>

namespace cqrs::support {

// Called before every read, by its name ("streams.fetch", "record.page" …).
using BeforeRead = std::function<void(const std::string& read)>;

class MemoryStreams final : public EntitySource {
 public:
  MemoryStreams(const memory::MemoryRecord& record, const BeforeRead& before)
      : record_(record), before_(before) {}
  std::string name() const override { return "write store"; }
  ContentFormat format() const override { return ContentFormat::kStreamState; }
  Result<Position> position() override { return static_cast<Position>(record_.events.size()); }
  Result<BucketSums> sums(Kind kind) override;
  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override;
  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override;
  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override;

 private:
  const memory::MemoryRecord& record_;
  const BeforeRead& before_;
};

class MemoryViewSource final : public EntitySource {
 public:
  MemoryViewSource(const memory::MemoryViews& views, const BeforeRead& before)
      : views_(views), before_(before) {}
  std::string name() const override { return "read store (g1)"; }
  ContentFormat format() const override { return ContentFormat::kViewBody; }
  Result<Position> position() override;
  Result<BucketSums> sums(Kind kind) override;
  Result<std::vector<EntityRow>> page(Kind kind, const Uuid& after, std::size_t limit,
                                      bool with_content) override;
  Result<std::vector<EntityRow>> rows_of(Kind kind, std::span<const int> buckets) override;
  Result<std::optional<EntityRow>> fetch(const StreamKey& key) override;
  std::vector<ExtraCheck> extra_checks() override { return extra; }

  std::vector<ExtraCheck> extra;

 private:
  const memory::MemoryViews& views_;
  const BeforeRead& before_;
};

class MemoryAudit final : public EventAudit {
 public:
  MemoryAudit(const memory::MemoryRecord& record, const BeforeRead& before)
      : record_(record), before_(before) {}
  Result<Position> head() override;
  Result<std::vector<Position>> missing(Position up_to, std::size_t most) override;
  Result<std::vector<Event>> page(Kind kind, const EventPlace& after, std::size_t limit,
                                  bool with_data) override;
  Result<std::vector<Event>> stream(const StreamKey& key) override;

 private:
  [[nodiscard]] std::vector<Event> sorted(Kind kind) const;
  const memory::MemoryRecord& record_;
  const BeforeRead& before_;
};

}  // namespace cqrs::support
