// Repair plans as files: made by verify, shown and carried out by repair.
#pragma once

#include "core/verify/repair_plan.h"
#include "core/verify/verify.h"
#include "core/wiring/repair.h"

#include "cli/context.h"

#include <array>
#include <string>

namespace cqrs {

struct RepairSummary {
  std::string path;
  std::array<std::int64_t, kAllRepairActions.size()> counts{};
  std::int64_t left_out = 0;  // differences beyond the most that one plan holds
  [[nodiscard]] std::int64_t count(RepairAction action) const {
    return counts[static_cast<std::size_t>(action)];
  }
};

[[nodiscard]] Json json_of(const RepairSummary& summary);
void print(const RepairSummary& summary, std::ostream& out);
[[nodiscard]] std::string sentence(const RepairItem& item);

// Error invalid: something stands there already, or nothing can be written there.
[[nodiscard]] Status may_be_made(const std::string& path, const std::string& option);

// Reads what is damaged and its events again, and writes the plan. Errors: unavailable, those of
// the sources.
[[nodiscard]] Result<RepairSummary> write_repair_plan(const DataDir& dir,
                                                      const VerifyReport& report,
                                                      const std::string& path);

class RepairFile {
 public:
  explicit RepairFile(std::string path) : path_(std::move(path)) {}
  // Errors: not_found, invalid (not a plan).
  [[nodiscard]] Result<RepairHeader> header() const;
  // Every item in order. Error invalid names the line; a last line without its end is one, too.
  [[nodiscard]] Status each(const std::function<Status(const RepairItem&)>& take) const;

 private:
  std::string path_;
};

}  // namespace cqrs
