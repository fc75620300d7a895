// What the settings of our connectors have in common: everything is text, and the steps that
// records pass on their way. Internal to this adapter.
#pragma once

#include "core/base/json_tree.h"

#include <string>
#include <string_view>

namespace cqrs::connect {

inline constexpr std::string_view kSmt = "org.apache.kafka.connect.transforms.";

// Nothing is taken for a number by its looks.
inline void add_texts(Json& config) {
  for (const char* part : {"key", "value", "header"}) {
    config[part + std::string(".converter")] = "org.apache.kafka.connect.storage.StringConverter";
  }
  // A record that cannot be written stops the connector; it is never left out.
  config["errors.tolerance"] = "none";
}

// Which records take a step: those that a predicate is true of, or the others; by default all.
struct Only {
  std::string predicate = {};
  bool others = false;
};

// Collects predicates and steps, and writes the lists of their names at its end.
class Steps {
 public:
  explicit Steps(Json& config) : config_(config) {}
  ~Steps() {
    config_["transforms"] = transforms_;
    config_["predicates"] = predicates_;
  }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  // True of records of topics that match.
  void topics(const std::string& name, const std::string& pattern) {
    predicate(name, "TopicNameMatches", "pattern", pattern);
  }
  // True of records that have the header.
  void header(const std::string& name, const std::string& header) {
    predicate(name, "HasHeaderKey", "name", header);
  }

  void step(const std::string& name, const std::string& type, const Json& settings,
            const Only& only = {}) {
    append(transforms_, name);
    const std::string prefix = "transforms." + name + ".";
    config_[prefix + "type"] = type;
    for (const auto& [key, value] : settings.items()) config_[prefix + key] = value;
    if (!only.predicate.empty()) config_[prefix + "predicate"] = only.predicate;
    if (only.others) config_[prefix + "negate"] = "true";
  }

 private:
  void predicate(const std::string& name, const std::string& type, const std::string& key,
                 const std::string& value) {
    append(predicates_, name);
    const std::string prefix = "predicates." + name + ".";
    config_[prefix + "type"] = std::string(kSmt) + "predicates." + type;
    config_[prefix + key] = value;
  }
  static void append(std::string& list, const std::string& name) {
    list += (list.empty() ? "" : ",") + name;
  }
  Json& config_;
  std::string transforms_, predicates_;
};

}  // namespace cqrs::connect
