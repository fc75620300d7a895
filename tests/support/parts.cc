#include "tests/support/parts.h"

#include "core/base/crypto.h"
#include "core/base/json_tree.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace cqrs::support {
namespace {

std::string part(const Json& tree, const char* name, const char* field) {
  return tree.contains(name) ? tree.at(name).value(field, std::string()) : std::string();
}

Parts read_parts() {
  const std::string path = parts_directory() + "/parts.json";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Json tree = Json::parse(text, nullptr, false);
  if (!tree.is_object()) {
    std::cerr << "these tests need real servers and " << path
              << " names none: start them with scripts/parts up\n";
    std::abort();
  }
  return {part(tree, "postgres", "url"), part(tree, "kafka", "brokers"), part(tree, "redis", "url"),
          part(tree, "mongo", "url"), part(tree, "connect", "url")};
}

}  // namespace

std::string parts_directory() {
  if (const char* dir = std::getenv("CQRS_PARTS_DIR"); dir != nullptr) return dir;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    return std::string(state) + "/cqrs/parts";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/state/cqrs/parts";
}

const Parts& parts() {
  static const Parts found = read_parts();
  return found;
}

std::string fresh_namespace() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string name = "t";
  for (std::uint64_t rest = random_u64(), i = 0; i < 10; ++i, rest /= kLetters.size()) {
    name += kLetters[rest % kLetters.size()];
  }
  return name;
}

}  // namespace cqrs::support
