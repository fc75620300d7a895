#include "core/base/object_reader.h"

#include <algorithm>
#include <charconv>

namespace cqrs {

ObjectReader::ObjectReader(const JsonValue& object, std::string_view path,
                           std::optional<std::size_t> index)
    : object_(object), path_(path), index_(index) {
  if (object_.is(JsonType::kObject)) return;
  const std::string where = full_name({});
  error_ = invalid(where, (where.empty() ? "the body" : where) + " must be a JSON object");
}

std::string ObjectReader::full_name(std::string_view key) const {
  std::string name(path_);
  if (index_) name += "[" + std::to_string(*index_) + "]";
  if (!name.empty() && !key.empty()) name += '.';
  name += key;
  return name;
}

void ObjectReader::fail(std::string_view key, std::string_view what) {
  if (error_) return;
  const std::string name = full_name(key);
  error_ = invalid(name, name + " " + std::string(what));
}

void ObjectReader::fail(const Error& error) {
  if (error_) return;
  error_ = error;
  if (!error_->field.empty()) error_->field = full_name(error_->field);
}

bool ObjectReader::has(std::string_view key) const {
  if (!object_.is(JsonType::kObject)) return false;
  return std::any_of(object_.begin(), object_.end(),
                     [key](const JsonValue& member) { return member.key == key; });
}

const JsonValue* ObjectReader::find(std::string_view key) {
  if (error_) return nullptr;
  std::size_t at = 0;
  for (const auto& member : object_) {
    if (member.key == key) {
      const std::uint64_t bit = at < 64 ? std::uint64_t{1} << at : 0;
      if ((read_ & bit) == 0) ++used_;
      read_ |= bit;
      return &member;
    }
    ++at;
  }
  return nullptr;
}

const JsonValue* ObjectReader::require(std::string_view key, bool right_type,
                                       const JsonValue* value, std::string_view expected) {
  if (error_) return nullptr;
  if (value == nullptr) {
    fail(key, "is missing: send " + std::string(expected));
  } else if (!right_type) {
    fail(key, "must be " + std::string(expected));
  }
  return error_ ? nullptr : value;
}

std::string ObjectReader::text(std::string_view key) {
  const JsonValue* value = find(key);
  value = require(key, value != nullptr && value->is(JsonType::kString), value, "a string");
  return std::string(value == nullptr ? std::string_view() : value->text);
}

std::optional<std::string> ObjectReader::optional_text(std::string_view key) {
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return std::nullopt;
  value = require(key, value->is(JsonType::kString), value, "a string or null");
  if (value == nullptr) return std::nullopt;
  return std::string(value->text);
}

Patch<std::string> ObjectReader::patch_text(std::string_view key) {
  if (!has(key)) return {};
  return {true, optional_text(key)};
}

std::int64_t ObjectReader::integer(std::string_view key) {
  const auto value = optional_integer(key);
  if (!value) require(key, true, nullptr, "a whole number");
  return value.value_or(0);
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view key) {
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = value->text.data() + value->text.size();
  const auto [stop, error] = std::from_chars(value->text.data(), end, number);
  const bool fits = value->is(JsonType::kInteger) && error == std::errc() && stop == end;
  value = require(key, fits, value, "a whole number");
  if (value == nullptr) return std::nullopt;
  return number;
}

bool ObjectReader::boolean(std::string_view key) {
  const JsonValue* value = find(key);
  value = require(key, value != nullptr && value->is(JsonType::kBoolean), value, "true or false");
  return value != nullptr && value->truth;
}

Money ObjectReader::money(std::string_view key, Money max) {
  const auto value = optional_money(key, max);
  if (!value) require(key, true, nullptr, "a number like 17.35");
  return value.value_or(Money{});
}

std::optional<Money> ObjectReader::optional_money(std::string_view key, Money max) {
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return std::nullopt;
  if (!value->is(JsonType::kInteger) && !value->is(JsonType::kDecimal)) {
    fail(key, "must be a number like 17.35");
    return std::nullopt;
  }
  auto amount = parse_money(value->text, full_name(key), max);
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
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return std::nullopt;
  value = require(key, value->is(JsonType::kString), value, "a string or null");
  if (value == nullptr) return std::nullopt;
  const auto id = parse_uuid(value->text);
  if (!id) fail(key, "must be a UUID like 0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7");
  return id;
}

const JsonValue* ObjectReader::object(std::string_view key) {
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return nullptr;
  return require(key, value->is(JsonType::kObject), value, "an object");
}

const JsonValue* ObjectReader::array(std::string_view key) {
  const JsonValue* value = find(key);
  if (value == nullptr || value->is(JsonType::kNull)) return nullptr;
  return require(key, value->is(JsonType::kArray), value, "an array");
}

Status ObjectReader::finish() {
  if (!error_ && used_ < object_.size) {
    std::size_t at = 0;
    for (const auto& member : object_) {
      if (at >= 64 || (read_ >> at & 1U) == 0) {
        fail(member.key.substr(0, 64), "is not a field that can be set here");
        break;
      }
      ++at;
    }
  }
  return finish_lenient();
}

Status ObjectReader::finish_lenient() const {
  if (error_) return *error_;
  return {};
}

}  // namespace cqrs
