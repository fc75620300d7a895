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
#include <vector>

namespace cqrs {

class ObjectReader {
 public:
  // `path` prefixes field names in errors, e.g. "items[2]."; `object` must outlive the reader.
  explicit ObjectReader(const Json& object, std::string path = {});

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
  [[nodiscard]] const Json* object(std::string_view key);
  [[nodiscard]] const Json* array(std::string_view key);
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
  const Json* find(std::string_view key);
  const Json* require(std::string_view key, bool right_type, const Json* value,
                      std::string_view expected);

  const Json& object_;
  std::string path_;
  std::size_t used_ = 0;  // fields that were found and read
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

}  // namespace cqrs
