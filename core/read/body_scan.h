// Walks the members of a body that one of our own views wrote: finds values by position in the text
// instead of parsing it into a tree. Not for JSON from outside: what is no JSON ends the walk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

// One object, member by member, in the order of the text. Nested values are skipped as a whole;
// scan their text again to look inside. Views into the body, which must outlive the scan.
class BodyScan {
 public:
  // `object` begins with '{'; what follows its '}' is not looked at.
  explicit BodyScan(std::string_view object);
  // False at the end, and at the first byte that cannot be; see broken().
  [[nodiscard]] bool next();
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::string_view key() const { return key_; }
  // The value's own text: strings with their quotes and escapes.
  [[nodiscard]] std::string_view raw() const { return raw_; }
  // The unescaped value; nothing when it is no string.
  [[nodiscard]] std::optional<std::string> text() const;

 private:
  bool stop();

  std::string_view rest_;
  std::string_view key_;
  std::string_view raw_;
  bool first_ = true;
  bool broken_ = false;
};

// The elements of an array, `text` beginning with '['.
class ArrayScan {
 public:
  explicit ArrayScan(std::string_view text);
  [[nodiscard]] bool next();
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::string_view raw() const { return raw_; }

 private:
  std::string_view rest_;
  std::string_view raw_;
  bool first_ = true;
  bool broken_ = false;
};

}  // namespace cqrs
