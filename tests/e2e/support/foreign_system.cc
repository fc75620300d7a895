#include "tests/e2e/support/foreign_system.h"

#include "cli/load/pipeline_client.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace cqrs::e2e {
namespace {

bool answers(std::uint16_t port) {
  const auto answer = load::fetch({"127.0.0.1", port}, "GET", "/bazaar/pulse", "",
                                  std::chrono::milliseconds(2'000));
  return answer.ok() && answer->status == 200;
}

std::string joined(const Words& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

std::string profile(const std::string& name) {
  return std::string(CQRS_SOURCE_DIR) + "/scenarios/targets/" + name + ".json";
}

ForeignSystem::ForeignSystem(const std::string& flaw, const Words& more)
    : port_(free_port()), flaw_(flaw), more_(more) {
  write_text(system_.scratch("bazaar.json"),
             read_text(std::string(CQRS_SOURCE_DIR) + "/tests/foreign/bazaar.json"));
  process_ = std::make_unique<Process>(start_words());
  if (!wait_until([&] { return answers(port_); })) {
    throw std::runtime_error("the foreign system did not come up");
  }
  write_text(system_.scratch("bazaar.pid"), std::to_string(process_->pid()));
}

Words ForeignSystem::start_words() const {
  Words words{"/usr/bin/env",
              "python3",
              std::string(CQRS_SOURCE_DIR) + "/tests/foreign/bazaar.py",
              "--dir",
              system_.scratch("bazaar"),
              "--port",
              std::to_string(port_),
              "--flaw",
              flaw_};
  words.insert(words.end(), more_.begin(), more_.end());
  return words;
}

Finished ForeignSystem::ctl(const Words& command, std::chrono::milliseconds patience) const {
  Words words = system_.words({"--target", system_.scratch("bazaar.json")});
  words.insert(words.end(), command.begin(), command.end());
  Variables variables = system_.variables();
  variables.emplace_back("BAZAAR_PORT", std::to_string(port_));
  return run(words, variables, patience);
}

Json ForeignSystem::ctl_json(const Words& command, int exit_code,
                             std::chrono::milliseconds patience) const {
  Words all{"-o", "json"};
  all.insert(all.end(), command.begin(), command.end());
  const Finished finished = ctl(all, patience);
  EXPECT_EQ(finished.exit_code, exit_code) << finished;
  Json tree = finished.json();
  EXPECT_TRUE(tree.is_object()) << finished;
  return tree.is_object() ? tree : Json::object();
}

void ForeignSystem::change_profile(const std::function<void(Json&)>& change) const {
  const std::string path = system_.scratch("bazaar.json");
  Json tree = Json::parse(read_text(path));
  change(tree);
  write_text(path, tree.dump(2));
}

Json ForeignSystem::commands() const {
  const std::string pid = system_.scratch("bazaar.pid");
  return {{"kill", {"/bin/sh", "-c", "kill -KILL \"$(cat " + pid + ")\""}},
          {"start",
           {"/bin/sh", "-c",
            joined(start_words()) + " > " + system_.scratch("bazaar.log") + " 2>&1 & echo $! > " +
                pid}}};
}

}  // namespace cqrs::e2e
