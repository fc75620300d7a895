// Builds well-formed domain values by number, so that a test names only what it is about.
#pragma once

#include "core/domain/aggregate.h"
#include "core/events/event.h"
#include "core/write/command.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cqrs::support {

inline constexpr Timestamp kNow{1'800'000'000'123'456};

[[nodiscard]] Uuid an_id(Kind kind, std::uint64_t number);
[[nodiscard]] inline StreamKey a_key(Kind kind, std::uint64_t number) {
  return {kind, an_id(kind, number)};
}
[[nodiscard]] inline StreamKey user_key(std::uint64_t number) { return a_key(Kind::kUser, number); }
[[nodiscard]] inline StreamKey product_key(std::uint64_t number) {
  return a_key(Kind::kProduct, number);
}
[[nodiscard]] inline StreamKey order_key(std::uint64_t number) {
  return a_key(Kind::kOrder, number);
}

[[nodiscard]] std::string an_email(std::uint64_t number);  // "user7@example.com"
// E-mail and name only; the optional fields are empty.
[[nodiscard]] UserState a_user(std::uint64_t number);
// Every field set.
[[nodiscard]] UserState a_full_user(std::uint64_t number);
[[nodiscard]] ProductState a_product(std::uint64_t number);
// Ordered by user 1: products 1 and 2 at the prices of a_product.
[[nodiscard]] OrderState an_order();

[[nodiscard]] Patch<std::string> set(std::string value);
[[nodiscard]] Patch<std::string> clear();

[[nodiscard]] Command create_user(std::uint64_t number);
[[nodiscard]] Command create_user(std::uint64_t number, const std::string& email);
[[nodiscard]] Command update_user(std::uint64_t number, UpdateUser changes);
[[nodiscard]] Command rename_user(std::uint64_t number, const std::string& name);
[[nodiscard]] Command change_email(std::uint64_t number, const std::string& email);
[[nodiscard]] Command delete_user(std::uint64_t number);
[[nodiscard]] Command deactivate_user(std::uint64_t number);
[[nodiscard]] Command activate_user(std::uint64_t number);
[[nodiscard]] Command create_product(std::uint64_t number);
[[nodiscard]] Command change_price(std::uint64_t number, Money price);
[[nodiscard]] Command deactivate_product(std::uint64_t number);
[[nodiscard]] Command activate_product(std::uint64_t number);
[[nodiscard]] Command delete_product(std::uint64_t number);
[[nodiscard]] Command create_order(std::uint64_t number, std::uint64_t user,
                                   const std::vector<std::uint64_t>& products);
[[nodiscard]] Command confirm_order(std::uint64_t number);
[[nodiscard]] Command cancel_order(std::uint64_t number);
[[nodiscard]] Command pay_order(std::uint64_t number);
[[nodiscard]] Command ship_order(std::uint64_t number);
[[nodiscard]] Command deliver_order(std::uint64_t number);
// The same command under an idempotency key; `body` tells commands under one key apart.
[[nodiscard]] Command with_key(Command command, std::uint64_t key, std::uint64_t body = 1);

// An event with everything set, ready to be stored at `position`.
[[nodiscard]] Event an_event(Position position, const StreamKey& stream, std::int64_t version,
                             const EventBody& body);
[[nodiscard]] EventBody user_created(std::uint64_t number);
[[nodiscard]] EventBody user_renamed(const std::string& name);

}  // namespace cqrs::support
