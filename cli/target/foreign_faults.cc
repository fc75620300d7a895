#include "cli/target/foreign_faults.h"

#include "cli/faults/fault_words.h"
#include "cli/system/command_line.h"

namespace cqrs::target {
namespace {

class CommandFaults final : public FaultExecutor {
 public:
  explicit CommandFaults(const Target& target) : path_(target.path), commands_(target.commands) {}

  Status check(const Fault& fault) const override {
    if (fault.target != "all") {
      return invalid(
          "faults",
          "a foreign system is killed and started as a whole: name it all, not " + fault.target);
    }
    if (fault.action != FaultAction::kKill && fault.action != FaultAction::kRestart) {
      return invalid("faults", "a foreign system can only be killed and started: " +
                                   std::string(fault_action_name(fault.action)) +
                                   " needs processes of ours");
    }
    if (commands_.kill.empty() || commands_.start.empty()) {
      return invalid("commands", path_ +
                                     ": commands.kill and commands.start say how to kill the "
                                     "system and how to start it again: add both");
    }
    return {};
  }

  Status execute(const Fault& fault) override {
    if (fault.action == FaultAction::kRestart) return start();
    CQRS_TRY(run_command(commands_.kill, never_));
    killed_ = true;
    return {};
  }

  Status heal_all() override { return killed_ ? start() : Status(); }

 private:
  Status start() {
    CQRS_TRY(run_command(commands_.start, never_));
    killed_ = false;
    return {};
  }

  const std::string path_;
  const Commands commands_;
  bool killed_ = false;
  // What was begun is finished: a system that was killed must come back.
  const std::atomic<bool> never_{false};
};

}  // namespace

std::unique_ptr<FaultExecutor> make_fault_executor(const Target& target) {
  return std::make_unique<CommandFaults>(target);
}

}  // namespace cqrs::target
