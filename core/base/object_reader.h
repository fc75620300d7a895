// Reads the fields of one JSON object with errors that name the field. The first error is kept and
// everything after it is skipped, so that callers read straight through and ask once at the end.
#pragma once

#include "core/base/json.h"
#include "core/base/money.h"
#include "core/base/patch.h"
#include "core/base/result.h"
#include "core/base/uuid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cqrs {

class ObjectReader {
 public:
  // `path` says in errors where the object stands: "personal", or "items" with the index of an
  // element. Both must outlive the reader.
  explicit ObjectReader(const JsonValue& object, std::string_view path = {},
                        std::optional<std::size_t> index = std::nullopt);

  [[nodiscard]] std::string text(std::string_view key);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view key);
  [[nodiscard]] Patch<std::string> patch_text(std::string_view key);
  [[nodiscard]] std::int64_t integer(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view key);
  [[nodiscard]] bool boolean(std::string_view key);
  // A decimal number, exact to hundredths.
  [[nodiscard]] Money money(std::string_view key, Money max = kMaxPrice);
  [[nodiscard]] std::optional<Money> optional_money(std::string_view key, Money max = kMaxPrice);
  [[nodiscard]] Uuid id(std::string_view key);
  [[nodiscard]] std::optional<Uuid> optional_id(std::string_view key);
  // The value itself when it has the wanted type; null and absent both give nullptr.
  [[nodiscard]] const JsonValue* object(std::string_view key);
  [[nodiscard]] const JsonValue* array(std::string_view key);
  // Whether the key stands there at all, null included.
  [[nodiscard]] bool has(std::string_view key) const;

  void fail(std::string_view key, std::string_view what);
  void fail(const Error& error);
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  // The first error, or a complaint about a field that nobody read.
  [[nodiscard]] Status finish();
  // The same without the complaint: unknown fields are for a newer version to understand.
  [[nodiscard]] Status finish_lenient() const;

 private:
  const JsonValue* find(std::string_view key);
  const JsonValue* require(std::string_view key, bool right_type, const JsonValue* value,
                           std::string_view expected);
  [[nodiscard]] std::string full_name(std::string_view key) const;

  const JsonValue& object_;
  std::string_view path_;
  std::optional<std::size_t> index_;
  std::uint64_t read_ = 0;  // which of the first 64 members were asked for
  std::uint32_t used_ = 0;  // how many were
  std::optional<Error> error_;
};

}  // namespace cqrs
