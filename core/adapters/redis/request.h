// What is sent to Redis: commands in its wire format, many of them in one go. Building the bytes
// here spares an array of pointers per command; pages of thousands of rows are the normal case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cqrs::redis {

// One value that lies in two places.
struct Joined {
  std::string_view first, second;
};

// A list of arguments, as yet of no command.
class Arguments {
 public:
  Arguments& add(std::string_view value);
  Arguments& add(std::int64_t value);
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

class Request {
 public:
  template <class... Values>
  Request& command(const Values&... values) {
    begin(sizeof...(values));
    (add(values), ...);
    return *this;
  }
  // The command's name and first arguments, then `rest`.
  template <class... Values>
  Request& command_with(const Arguments& rest, const Values&... values) {
    begin(sizeof...(values) + rest.count());
    (add(values), ...);
    bytes_ += rest.bytes();
    return *this;
  }
  Request& append(const Request& more) {
    bytes_ += more.bytes_;
    replies_ += more.replies_;
    return *this;
  }
  [[nodiscard]] std::size_t replies() const { return replies_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

 private:
  void begin(std::size_t arguments);
  void add(std::string_view value);
  void add(const Joined& value);
  void add(std::int64_t value);

  std::string bytes_;
  std::size_t replies_ = 0;
};

}  // namespace cqrs::redis
