#include "cli/config_file.h"

#include <cstdlib>
#include <fstream>
#include <string_view>

namespace cqrs {

Status apply_config_file(CLI::App& app, const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return invalid("--config", "cannot read the configuration file " + path +
                                   ": name one that is there, or none");
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigINI().from_config(file);
  } catch (const CLI::Error& error) {
    return invalid("--config", path + ": " + error.what());
  }
  for (const auto& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // section marks of CLI11
    CLI::App* owner = &app;
    for (const auto& parent : item.parents) {
      const auto matching = owner->get_subcommands(
          [&](const CLI::App* command) { return command->check_name(parent); });
      owner = matching.empty() ? nullptr : matching.front();
      if (owner == nullptr) {
        return invalid("--config", path + ": there is no command [" + parent + "]");
      }
    }
    CLI::Option* option = owner->get_option_no_throw("--" + item.name);
    if (option == nullptr) {
      return invalid("--config", path + ": there is no option " + item.fullname());
    }
    // As a default it gives way to the environment and to flags.
    try {
      std::string value = item.inputs.empty() ? std::string("true") : item.inputs.front();
      // A flag like !--no-verify sets the opposite of what is said.
      if (option->get_expected_max() == 0) value = option->get_flag_value(item.name, value);
      option->run_callback_for_default()->default_val(value);
    } catch (const CLI::Error& error) {
      return invalid("--" + item.name, path + ": " + error.what());
    }
  }
  return {};
}

std::string config_path(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if ((word == "-c" || word == "--config") && i + 1 < argc) return argv[i + 1];
    if (word.rfind("--config=", 0) == 0) return std::string(word.substr(9));
  }
  const char* from_environment = std::getenv("CQRSCTL_CONFIG");
  return from_environment == nullptr ? std::string() : from_environment;
}

}  // namespace cqrs
