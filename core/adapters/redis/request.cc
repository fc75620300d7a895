#include "core/adapters/redis/request.h"

#include <array>
#include <charconv>

namespace cqrs::redis {
namespace {

void append_number(std::string& out, std::int64_t value) {
  std::array<char, 24> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), done.ptr);
}

void append_bulk(std::string& out, std::string_view value) {
  out += '$';
  append_number(out, static_cast<std::int64_t>(value.size()));
  out += "\r\n";
  out += value;
  out += "\r\n";
}

void append_bulk(std::string& out, std::int64_t value) {
  std::array<char, 24> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), value);
  append_bulk(out, std::string_view(text.data(), static_cast<std::size_t>(done.ptr - text.data())));
}

}  // namespace

Arguments& Arguments::add(std::string_view value) {
  append_bulk(bytes_, value);
  ++count_;
  return *this;
}

Arguments& Arguments::add(std::int64_t value) {
  append_bulk(bytes_, value);
  ++count_;
  return *this;
}

void Request::begin(std::size_t arguments) {
  bytes_ += '*';
  append_number(bytes_, static_cast<std::int64_t>(arguments));
  bytes_ += "\r\n";
  ++replies_;
}

void Request::add(std::string_view value) { append_bulk(bytes_, value); }
void Request::add(std::int64_t value) { append_bulk(bytes_, value); }

}  // namespace cqrs::redis
