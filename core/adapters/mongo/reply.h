// What the server says to a write. Internal to this adapter.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace cqrs::mongo {

inline constexpr std::uint32_t kDuplicateKey = 11'000;

class Reply {
 public:
  Reply() { bson_init(&bson_); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { bson_destroy(&bson_); }

  // For the driver, which initialises it in any case.
  [[nodiscard]] bson_t* fresh() {
    bson_destroy(&bson_);
    return &bson_;
  }
  [[nodiscard]] const bson_t& bson() const { return bson_; }
  // 0 when there is no such field.
  [[nodiscard]] std::int64_t number(const char* key) const;
  // The indexes of those writes of a bulk that met their key; nothing when any write failed for
  // another reason.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> duplicates() const;

 private:
  [[nodiscard]] bool has_elements(const char* array) const;

  bson_t bson_{};
};

}  // namespace cqrs::mongo
