// Shell completion, made from the declared commands and options, so that it cannot know less or
// more than the program does.
#include "cli/commands/commands.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <set>

namespace cqrs {
namespace {

using Words = std::vector<std::string>;

struct Choice {
  Words names;         // with their dashes
  bool value = false;  // a word follows it
  Words choices;       // of that word; empty: anything, such as a file
  std::string about;
};

struct Level {
  std::string path;  // "" or "/replay/switch"
  Words commands;
  std::vector<Choice> options;  // those of the program are in the first level only
};

// "TEXT:{text,json}" -> text, json
Words choices_of(const std::string& type_name) {
  const auto open = type_name.find('{');
  const auto close = type_name.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return CLI::detail::split(type_name.substr(open + 1, close - open - 1), ',');
}

Choice choice_of(const CLI::Option& option) {
  Choice choice;
  for (const auto& name : option.get_lnames()) choice.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) choice.names.push_back("-" + name);
  choice.value = option.get_expected_max() != 0;
  choice.choices = choices_of(option.get_type_name());
  choice.about = option.get_description();
  return choice;
}

void collect(const CLI::App& app, const std::string& path, std::vector<Level>& levels) {
  Level level{path, {}, {}};
  const auto commands = app.get_subcommands(std::function<bool(const CLI::App*)>());
  for (const auto* command : commands) level.commands.push_back(command->get_name());
  for (const auto* option : app.get_options()) {
    Choice choice = choice_of(*option);
    if (option->get_positional()) {
      level.commands.insert(level.commands.end(), choice.choices.begin(), choice.choices.end());
    }
    if (!choice.names.empty()) level.options.push_back(std::move(choice));
  }
  levels.push_back(std::move(level));
  for (const auto* command : commands) collect(*command, path + "/" + command->get_name(), levels);
}

std::string joined(const Words& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

Words all_paths(const std::vector<Level>& levels) {
  Words paths;
  for (const auto& level : levels) {
    if (!level.path.empty()) paths.push_back(level.path);
  }
  return paths;
}

// Every option of any level that a word follows, once.
Words with_value(const std::vector<Level>& levels) {
  std::set<std::string> names;
  for (const auto& level : levels) {
    for (const auto& option : level.options) {
      if (option.value) names.insert(option.names.begin(), option.names.end());
    }
  }
  return {names.begin(), names.end()};
}

Words option_names(const std::vector<Level>& levels, const Level& level) {
  std::set<std::string> names;
  for (const Level* from : {&levels.front(), &level}) {
    for (const auto& option : from->options) names.insert(option.names.begin(), option.names.end());
  }
  return {names.begin(), names.end()};
}

// One branch for each option with choices: `start` opens it, `reply` carries the words.
std::string choice_branches(const std::vector<Level>& levels, const std::string& start,
                            const std::function<std::string(const std::string&)>& reply) {
  std::string text;
  for (const auto& level : levels) {
    // The program's own options stand behind any command.
    const std::string path = level.path.empty() ? "*" : level.path;
    for (const auto& option : level.options) {
      if (option.choices.empty()) continue;
      Words patterns;
      for (const auto& name : option.names) patterns.push_back(path + ":" + name);
      text += "    " + start + joined(patterns, "|") + ") " + reply(joined(option.choices, " ")) +
              "; return ;;\n";
    }
  }
  return text;
}

std::string level_branches(const std::vector<Level>& levels, const std::string& start) {
  std::string text;
  for (const auto& level : levels) {
    text += "    " + start + "\"" + level.path + "\") commands=(" + joined(level.commands, " ") +
            ") options=(" + joined(option_names(levels, level), " ") + ") ;;\n";
  }
  return text;
}

std::string bash_script(const std::vector<Level>& levels) {
  const auto reply = [](const std::string& words) {
    return "mapfile -t COMPREPLY < <(compgen -W \"" + words + "\" -- \"$current\")";
  };
  return "# cqrsctl completion for bash. Use: source <(cqrsctl completion bash)\n"
         "_cqrsctl() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD - "
         "1]}\"\n"
         "  local at=\"\" word i commands=() options=()\n"
         "  COMPREPLY=()\n"
         "  # --output=json comes as three words\n"
         "  if [[ $current == \"=\" ]]; then current=\"\"\n"
         "  elif [[ $previous == \"=\" ]]; then previous=\"${COMP_WORDS[COMP_CWORD - 2]}\"; fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=\"${COMP_WORDS[i]}\"\n"
         "    case \"$word\" in\n"
         "    " +
         joined(with_value(levels), "|") +
         ") ((i++)); continue ;;\n"
         "    esac\n"
         "    case \"$at/$word\" in\n"
         "    " +
         joined(all_paths(levels), "|") +
         ") at=\"$at/$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n" +
         choice_branches(levels, "", reply) + "    *:" + joined(with_value(levels), "|*:") +
         ") return 0 ;;\n"
         "  esac\n"
         "  case \"$at\" in\n" +
         level_branches(levels, "") +
         "  esac\n"
         "  if [[ $current == -* ]]; then " +
         reply("${options[*]}") + "\n  else " + reply("${commands[*]}") +
         "; fi\n"
         "}\n"
         "complete -o default -F _cqrsctl cqrsctl\n";
}

std::string zsh_script(const std::vector<Level>& levels) {
  const auto reply = [](const std::string& words) { return "compadd -- " + words; };
  return "#compdef cqrsctl\n"
         "# cqrsctl completion for zsh. Use: source <(cqrsctl completion zsh), after compinit\n"
         "_cqrsctl() {\n"
         "  local at=\"\" word previous=\"${words[CURRENT-1]}\"\n"
         "  local -a commands options\n"
         "  local -i i\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    word=\"${words[i]}\"\n"
         "    case \"$word\" in\n"
         "    (" +
         joined(with_value(levels), "|") +
         ") ((i++)); continue ;;\n"
         "    esac\n"
         "    case \"$at/$word\" in\n"
         "    (" +
         joined(all_paths(levels), "|") +
         ") at=\"$at/$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n" +
         choice_branches(levels, "(", reply) + "    (*:" + joined(with_value(levels), "|*:") +
         ") _files; return ;;\n"
         "  esac\n"
         "  case \"$at\" in\n" +
         level_branches(levels, "(") +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then compadd -- $options\n"
         "  elif (( ${#commands} )); then compadd -- $commands\n"
         "  else _files; fi\n"
         "}\n"
         "compdef _cqrsctl cqrsctl\n";
}

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_option(const std::string& condition, const Choice& option) {
  std::string line = "complete -c cqrsctl" + condition;
  for (const auto& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    line += " -x -a " + fish_quoted(joined(option.choices, " "));
  } else if (option.value) {
    line += " -r";
  }
  return line + " -d " + fish_quoted(option.about) + "\n";
}

std::string fish_script(const std::vector<Level>& levels) {
  std::string text =
      "# cqrsctl completion for fish. Use: cqrsctl completion fish | source\n"
      "function __cqrsctl_at\n"
      "  set -l at ''\n"
      "  set -l skip 0\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if test $skip = 1\n"
      "      set skip 0\n"
      "    else if contains -- $word " +
      joined(with_value(levels), " ") +
      "\n"
      "      set skip 1\n"
      "    else if contains -- $at/$word " +
      joined(all_paths(levels), " ") +
      "\n"
      "      set at $at/$word\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n";
  for (const auto& level : levels) {
    const std::string here = " -n " + fish_quoted("__cqrsctl_at '" + level.path + "'");
    if (!level.commands.empty()) {
      text += "complete -c cqrsctl" + here + " -f -a " + fish_quoted(joined(level.commands, " ")) +
              "\n";
    }
    for (const auto& option : level.options) {
      text += fish_option(level.path.empty() ? "" : here, option);
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::vector<Level> levels;
  collect(app, "", levels);
  return shell == "bash"  ? bash_script(levels)
         : shell == "zsh" ? zsh_script(levels)
                          : fish_script(levels);
}

void add_completion(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("completion", "Print the completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: source <(cqrsctl completion bash)");
  command->callback([shell, &app, &action] {
    action = [shell, &app](Context& context) {
      context.out << completion_script(app, *shell);
      return ExitCode::kDone;
    };
  });
}

}  // namespace cqrs
