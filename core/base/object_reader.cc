#include "core/base/object_reader.h"

#include <algorithm>

namespace cqrs {

ObjectReader::ObjectReader(const Json& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) {
    const std::string where =
        path_.empty() ? "the body" : path_.substr(0, path_.size() - (path_.back() == '.' ? 1 : 0));
    error_ = invalid(path_.empty() ? std::string() : where, where + " must be a JSON object");
  }
}

void ObjectReader::fail(std::string_view key, std::string_view what) {
  if (error_) return;
  const std::string name = path_ + std::string(key);
  error_ = invalid(name, name + " " + std::string(what));
}

void ObjectReader::fail(const Error& error) {
  if (error_) return;
  error_ = error;
  if (!error_->field.empty()) error_->field.insert(0, path_);
}

bool ObjectReader::has(std::string_view key) const {
  return object_.is_object() && object_.contains(key);
}

const Json* ObjectReader::find(std::string_view key) {
  if (error_) return nullptr;
  const bool first = std::find(known_.begin(), known_.end(), key) == known_.end();
  if (first) known_.push_back(key);
  const auto at = object_.find(key);
  if (at == object_.end()) return nullptr;
  if (first) ++used_;
  return &*at;
}

const Json* ObjectReader::require(std::string_view key, bool right_type, const Json* value,
                                  std::string_view expected) {
  if (error_) return nullptr;
  if (value == nullptr) {
    fail(key, "is missing: send " + std::string(expected));
  } else if (!right_type) {
    fail(key, "must be " + std::string(expected));
  }
  return error_ ? nullptr : value;
}

std::string ObjectReader::text(std::string_view key) {
  const Json* value = find(key);
  value = require(key, value != nullptr && value->is_string(), value, "a string");
  return value == nullptr ? std::string() : value->get_ref<const std::string&>();
}

std::optional<std::string> ObjectReader::optional_text(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  value = require(key, value->is_string(), value, "a string or null");
  if (value == nullptr) return std::nullopt;
  return value->get_ref<const std::string&>();
}

Patch<std::string> ObjectReader::patch_text(std::string_view key) {
  if (!has(key)) {
    known_.push_back(key);
    return {};
  }
  return {true, optional_text(key)};
}

std::int64_t ObjectReader::integer(std::string_view key) {
  const auto value = optional_integer(key);
  if (!value) require(key, true, nullptr, "a whole number");
  return value.value_or(0);
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= INT64_MAX);
  value = require(key, fits, value, "a whole number");
  if (value == nullptr) return std::nullopt;
  return value->get<std::int64_t>();
}

bool ObjectReader::boolean(std::string_view key) {
  const Json* value = find(key);
  value = require(key, value != nullptr && value->is_boolean(), value, "true or false");
  return value != nullptr && value->get<bool>();
}

Money ObjectReader::money(std::string_view key, Money max) {
  const auto value = optional_money(key, max);
  if (!value) require(key, true, nullptr, "a number like 17.35");
  return value.value_or(Money{});
}

std::optional<Money> ObjectReader::optional_money(std::string_view key, Money max) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto token = number_text(*value);
  if (!token) {
    fail(key, "must be a number like 17.35");
    return std::nullopt;
  }
  auto amount = parse_money(*token, path_ + std::string(key), max);
  if (!amount) {
    if (!error_) error_ = amount.error();
    return std::nullopt;
  }
  return *amount;
}

Uuid ObjectReader::id(std::string_view key) {
  const auto value = optional_id(key);
  if (!value) require(key, true, nullptr, "a UUID");
  return value.value_or(Uuid{});
}

std::optional<Uuid> ObjectReader::optional_id(std::string_view key) {
  const auto value = optional_text(key);
  if (!value) return std::nullopt;
  const auto id = parse_uuid(*value);
  if (!id) fail(key, "must be a UUID like 0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7");
  return id;
}

const Json* ObjectReader::object(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return nullptr;
  return require(key, value->is_object(), value, "an object");
}

const Json* ObjectReader::array(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return nullptr;
  return require(key, value->is_array(), value, "an array");
}

Status ObjectReader::finish() {
  if (!error_ && used_ < object_.size()) {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      fail(key.substr(0, 64), "is not a field that can be set here");
      break;
    }
  }
  return finish_lenient();
}

Status ObjectReader::finish_lenient() const {
  if (error_) return *error_;
  return {};
}

}  // namespace cqrs
