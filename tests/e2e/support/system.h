// One system under test: a data directory of its own, the real programs, and nothing left behind.
#pragma once

#include "cli/load/pipeline_client.h"

#include "tests/e2e/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/services/raw_client.h"

#include <initializer_list>
#include <string>

namespace cqrs::e2e {

// Processes are slower under a sanitizer; what is counted shrinks, what is claimed does not.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlowdown = 10;
#else
inline constexpr int kSlowdown = 1;
#endif

// Failures of the surroundings (a system that does not come up) are exceptions: googletest reports
// them, and the test ends there.
class TestSystem {
 public:
  TestSystem();
  ~TestSystem();  // kills what serves this directory
  TestSystem(const TestSystem&) = delete;
  TestSystem& operator=(const TestSystem&) = delete;

  [[nodiscard]] std::string dir() const { return home_.file("data"); }
  [[nodiscard]] std::string file(const std::string& name) const { return dir() + "/" + name; }
  // Outside the data directory, removed with it.
  [[nodiscard]] std::string scratch(const std::string& name) const { return home_.file(name); }
  // The command line that runs cqrsctl on this directory.
  [[nodiscard]] Words words(const Words& command) const;
  [[nodiscard]] Variables variables() const;
  [[nodiscard]] Finished ctl(const Words& command,
                             std::chrono::milliseconds patience = kPatience) const;
  // The same with -o json; expects this exit code and an object on stdout.
  Json ctl_json(const Words& command, int exit_code = 0,
                std::chrono::milliseconds patience = kPatience) const;
  [[nodiscard]] Finished service(const Words& options) const;

  // `extra` reaches the service, too.
  void up(const std::string& listen = "127.0.0.1:0", const Variables& extra = {}) const;
  void down() const;
  // SIGKILL to every process that serves this directory.
  void kill_all() const;
  // SIGKILL, and waits for the end.
  void kill_service() const;
  // Waits until the service ends by itself: the signal that ended it, 0 when it exited, -1 when it
  // still runs.
  [[nodiscard]] int await_end(std::chrono::milliseconds patience = kPatience) const;
  [[nodiscard]] int pid() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] load::Endpoint endpoint() const { return {"127.0.0.1", port()}; }

  // Positions as the service reports them; -1 while it does not answer.
  [[nodiscard]] std::int64_t head() const { return sync_number("headPosition"); }
  [[nodiscard]] std::int64_t applied() const { return sync_number("appliedPosition"); }

  // One request on a connection of its own; `headers` are whole lines with their CR LF.
  [[nodiscard]] http::RawResponse ask(const std::string& method, const std::string& target,
                                      const std::string& body = "",
                                      const std::string& headers = "") const;
  [[nodiscard]] Json get(const std::string& target) const;

 private:
  [[nodiscard]] Json run_file() const;
  [[nodiscard]] std::int64_t sync_number(const char* name) const;

  support::TempDir home_;
};

// A port that was free a moment ago.
[[nodiscard]] std::uint16_t free_port();

void expect_fields(const Json& object, std::initializer_list<const char*> names);
// Every kind of difference is zero.
void expect_no_differences(const Json& verify);

[[nodiscard]] std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& content);

}  // namespace cqrs::e2e
