// Members of a struct written once, for both ways: `fields(io, record)` calls io("name", member)
// for each, and io is a JsonWriter or a JsonReader. The reader stops at the first member that is
// missing or of another type, and names it.
#pragma once

#include "core/base/json_tree.h"
#include "core/base/result.h"

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cqrs {

class Histogram;
struct Slo;

class JsonWriter {
 public:
  Json out = Json::object();

  template <class T>
  void operator()(const char* name, const T& value) {
    out[name] = json(value);
  }
  // Left out when it is not known.
  void known(const char* name, double value) {
    if (value != -1) out[name] = value;
  }
  void filled(const char* name, const std::string& text) {
    if (!text.empty()) out[name] = text;
  }

 private:
  static Json json(const Json& value) { return value; }
  static Json json(const std::string& value) { return value; }
  template <class T>
  requires std::is_arithmetic_v<T>
  static Json json(const T& value) { return value; }
  static Json json(const Histogram& histogram);
  static Json json(const Slo& slo);
  static Json json(const std::pair<std::string, std::string>& pair) {
    return Json::array({pair.first, pair.second});
  }
  template <class T>
  static Json json(const std::optional<T>& value) {
    return value ? json(*value) : Json();
  }
  template <class T>
  static Json json(const std::vector<T>& values) {
    Json out = Json::array();
    for (const auto& value : values) out.push_back(json(value));
    return out;
  }
  template <class T>
  static Json json(const std::map<std::string, T>& values) {
    Json out = Json::object();
    for (const auto& [name, value] : values) out[name] = json(value);
    return out;
  }
  template <class T>
  requires std::is_class_v<T>
  static Json json(const T& record) {
    JsonWriter inner;
    fields(inner, record);
    return std::move(inner.out);
  }
};

class JsonReader {
 public:
  explicit JsonReader(const Json& in) : in_(in) {}

  template <class T>
  void operator()(const char* name, T& value) {
    const auto member = in_.find(name);
    if (error.empty() && member == in_.end()) error = std::string(name) + " is missing";
    if (error.empty()) at(name, read(*member, value));
  }
  void known(const char* name, double& value) {
    if (in_.contains(name)) (*this)(name, value);
  }
  void filled(const char* name, std::string& text) {
    if (in_.contains(name)) (*this)(name, text);
  }

  std::string error;  // "operations.3.sent must be a whole number"; empty: none

 private:
  // What is wrong with a value, to stand behind its name: " must be a number" or ".name is
  // missing".
  void at(const std::string& name, const std::string& wrong) {
    if (!wrong.empty()) error = name + wrong;
  }
  static std::string read(const Json& json, Json& value) {
    value = json;
    return {};
  }
  static std::string read(const Json& json, std::string& value) {
    if (!json.is_string()) return " must be a text";
    value = json.get<std::string>();
    return {};
  }
  static std::string read(const Json& json, bool& value) {
    if (!json.is_boolean()) return " must be true or false";
    value = json.get<bool>();
    return {};
  }
  static std::string read(const Json& json, double& value) {
    if (!json.is_number()) return " must be a number";
    value = json.get<double>();
    return {};
  }
  template <std::integral T>
  static std::string read(const Json& json, T& value) {
    if (!json.is_number_integer()) return " must be a whole number";
    // Of what does not fit, some other number would remain.
    const bool negative = !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
    if (std::unsigned_integral<T> && negative) return " must not be negative";
    value = json.get<T>();
    if (Json(value) != json) return " is out of range";
    return {};
  }
  static std::string read(const Json& json, Histogram& histogram);
  static std::string read(const Json& json, Slo& slo);
  static std::string read(const Json& json, std::pair<std::string, std::string>& pair) {
    if (!json.is_array() || json.size() != 2) return " must be a pair";
    const auto wrong = read(json[0], pair.first);
    return wrong.empty() ? read(json[1], pair.second) : wrong;
  }
  template <class T>
  static std::string read(const Json& json, std::optional<T>& value) {
    if (json.is_null()) return {};
    return read(json, value.emplace());
  }
  template <class T>
  static std::string read(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return " must be an array";
    for (const auto& item : json) {
      const auto wrong = read(item, values.emplace_back());
      if (!wrong.empty()) return "." + std::to_string(values.size() - 1) + wrong;
    }
    return {};
  }
  template <class T>
  static std::string read(const Json& json, std::map<std::string, T>& values) {
    if (!json.is_object()) return " must be an object";
    for (const auto& [name, item] : json.items()) {
      const auto wrong = read(item, values[name]);
      if (!wrong.empty()) return "." + name + wrong;
    }
    return {};
  }
  template <class T>
  static std::string read(const Json& json, T& record) {
    if (!json.is_object()) return " must be an object";
    JsonReader inner(json);
    fields(inner, record);
    return inner.error.empty() ? std::string() : "." + inner.error;
  }

  const Json& in_;
};

}  // namespace cqrs
