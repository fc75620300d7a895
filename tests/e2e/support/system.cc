#include "tests/e2e/support/system.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cqrs::e2e {
namespace {

constexpr const char* kCqrsctl = CQRSCTL_PROGRAM;
constexpr const char* kCqrsd = CQRSD_PROGRAM;

// The services that cqrsctl leaves running become ours, see the constructor.
void kill_children_of(const std::string& directory) {
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::istringstream children(read_text(task.path() / "children"));
    for (int child = 0; children >> child;) {
      const std::string line = read_text("/proc/" + std::to_string(child) + "/cmdline");
      // A zombie's line is empty: nothing to kill, only to collect.
      if (!line.empty() && line.find(directory) == std::string::npos) continue;
      if (!line.empty()) ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, line.empty() ? WNOHANG : 0);
    }
  }
}

[[noreturn]] void give_up(const std::string& what, const Finished& finished) {
  std::ostringstream text;
  text << what << ": " << finished;
  throw std::runtime_error(text.str());
}

}  // namespace

TestSystem::TestSystem() {
  // Orphans come to this process, which can then both kill and collect them.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

TestSystem::~TestSystem() { kill_all(); }

void TestSystem::kill_all() const { kill_children_of(home_.path()); }

Words TestSystem::words(const Words& command) const {
  Words all{kCqrsctl, "--data-dir", dir()};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

Variables TestSystem::variables() const {
  return {{"HOME", home_.path()}, {"XDG_STATE_HOME", home_.file("state")}};
}

Finished TestSystem::ctl(const Words& command, std::chrono::milliseconds patience) const {
  return run(words(command), variables(), patience);
}

Json TestSystem::ctl_json(const Words& command, int exit_code,
                          std::chrono::milliseconds patience) const {
  Words all{"-o", "json"};
  all.insert(all.end(), command.begin(), command.end());
  const Finished finished = ctl(all, patience);
  EXPECT_EQ(finished.exit_code, exit_code) << finished;
  Json tree = finished.json();
  EXPECT_TRUE(tree.is_object()) << finished;
  return tree.is_object() ? tree : Json::object();
}

Finished TestSystem::service(const Words& options) const {
  Words all{kCqrsd};
  all.insert(all.end(), options.begin(), options.end());
  return run(all, variables());
}

void TestSystem::up(const std::string& listen, const Variables& extra) const {
  Variables all = variables();
  all.insert(all.end(), extra.begin(), extra.end());
  const Finished finished = run(words({"up", "--listen", listen}), all);
  if (finished.exit_code != 0) give_up("the system did not come up", finished);
}

void TestSystem::down() const {
  const Finished finished = ctl({"down"});
  if (finished.exit_code != 0) give_up("the system did not go down", finished);
}

void TestSystem::kill_service() const {
  const int service = pid();
  if (service <= 0) throw std::runtime_error("no service to kill");
  ::kill(service, SIGKILL);
  ::waitpid(service, nullptr, 0);
}

int TestSystem::await_end(std::chrono::milliseconds patience) const {
  const int service = pid();
  int status = 0;
  const bool ended =
      wait_until([&] { return ::waitpid(service, &status, WNOHANG) == service; }, patience);
  if (!ended) return -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Json TestSystem::run_file() const {
  Json tree = Json::parse(read_text(file("run.json")), nullptr, false);
  return tree.is_object() ? tree : Json::object();
}

int TestSystem::pid() const { return run_file().value("pid", 0); }

std::uint16_t TestSystem::port() const {
  const auto endpoint = load::parse_endpoint(run_file().value("url", std::string()));
  if (!endpoint) throw std::runtime_error("nothing runs here");
  return endpoint->port;
}

std::int64_t TestSystem::sync_number(const char* name) const {
  const auto answer =
      load::fetch(endpoint(), "GET", "/v1/sync-status", {}, std::chrono::seconds(10));
  if (!answer) return -1;
  return Json::parse(answer->body, nullptr, false).value(name, std::int64_t{-1});
}

http::RawResponse TestSystem::ask(const std::string& method, const std::string& target,
                                  const std::string& body, const std::string& headers) const {
  http::RawClient client(port());
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + headers;
  if (method != "GET" && method != "HEAD") {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  client.send(text + "\r\n" + body);
  return client.read(method == "HEAD");
}

Json TestSystem::get(const std::string& target) const {
  const auto answer = ask("GET", target);
  EXPECT_EQ(answer.status, 200) << target << "\n" << answer.body;
  Json tree = Json::parse(answer.body, nullptr, false);
  return tree.is_object() ? tree : Json::object();
}

std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

void expect_fields(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    EXPECT_TRUE(object.contains(name)) << "no field " << name << " in " << object.dump();
  }
}

void expect_no_differences(const Json& verify) {
  ASSERT_TRUE(verify.contains("differences")) << verify.dump();
  for (const char* kind : {"lost", "dup", "phantom", "stale", "order", "field"}) {
    EXPECT_EQ(verify.at("differences").value(kind, -1), 0) << kind << " in " << verify.dump();
  }
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_text(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace cqrs::e2e
