#include "core/adapters/redis/request.h"

#include <array>
#include <charconv>

namespace cqrs::redis {
namespace {

// With what stands before it and the end of the line.
void append_number(std::string& out, char mark, std::int64_t value) {
  std::array<char, 24> text{mark};
  char* end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, value).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text.data(), end);
}

void append_bulk(std::string& out, const Joined& value) {
  append_number(out, '$', static_cast<std::int64_t>(value.first.size() + value.second.size()));
  out += value.first;
  out += value.second;
  out += "\r\n";
}

void append_bulk(std::string& out, std::string_view value) { append_bulk(out, Joined{value, {}}); }

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
  append_number(bytes_, '*', static_cast<std::int64_t>(arguments));
  ++replies_;
}

void Request::add(std::string_view value) { append_bulk(bytes_, value); }
void Request::add(const Joined& value) { append_bulk(bytes_, value); }
void Request::add(std::int64_t value) { append_bulk(bytes_, value); }

}  // namespace cqrs::redis
