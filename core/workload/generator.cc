#include "core/workload/generator.h"

#include "core/base/hash.h"
#include "core/base/json.h"

#include <array>

namespace cqrs {
namespace {

constexpr std::uint64_t kEpochMs = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr std::uint64_t kMaxIndex = 10'000'000'000;    // 115 days of milliseconds

constexpr std::array<std::string_view, 16> kFirst{
    "Ada",  "Alan", "Barbara", "Claude", "Donald",  "Edsger", "Frances", "Grace",
    "John", "Jean", "Leslie",  "Lynn",   "Niklaus", "Radia",  "Tony",    "Zoë"};
constexpr std::array<std::string_view, 16> kLast{
    "Allen",   "Backus", "Conway",   "Dijkstra", "Hamilton", "Hoare",   "Hopper", "Knuth",
    "Lamport", "Liskov", "Lovelace", "Perlman",  "Sammet",   "Shannon", "Turing", "Wirth"};
constexpr std::array<std::string_view, 16> kMaterial{
    "Oak",   "Steel", "Linen", "Copper", "Glass", "Cork",  "Slate",  "Walnut",
    "Brass", "Wool",  "Birch", "Stone",  "Paper", "Maple", "Cotton", "Bamboo"};
constexpr std::array<std::string_view, 16> kThing{
    "Lamp",  "Chair", "Table", "Bowl",  "Shelf", "Clock", "Mirror", "Kettle",
    "Stool", "Board", "Vase",  "Frame", "Desk",  "Tray",  "Basket", "Bench"};

enum Purpose : std::uint64_t { kIdBits, kKeyA, kKeyB, kEmail, kName, kPrice, kOwner, kLine };
// Far from the lines, which count on from kLine.
constexpr std::uint64_t kPassword = 100;

std::string hex(std::uint64_t value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[15 - i] = kHex[(value >> (4 * i)) & 0x0FU];
  return out;
}

std::string pair_of(const std::array<std::string_view, 16>& first,
                    const std::array<std::string_view, 16>& second, std::uint64_t bits) {
  return std::string(first.at(bits & 15U)) + " " + std::string(second.at((bits >> 4U) & 15U));
}

}  // namespace

std::uint64_t Generator::random(Kind kind, std::uint64_t index, std::uint64_t purpose) const {
  const std::uint64_t stream = mix64(shape_.seed ^ (static_cast<std::uint64_t>(kind) << 60U));
  return mix64(mix64(stream ^ index) + purpose);
}

Uuid Generator::id(Kind kind, std::uint64_t index) const {
  const std::uint64_t bits = random(kind, index, kIdBits);
  return make_uuid_v7(kEpochMs + index, bits >> 52U, bits * 0x9E3779B97F4A7C15ULL);
}

std::optional<std::uint64_t> Generator::index_of(Kind kind, const Uuid& id) const {
  const std::uint64_t ms = id.high() >> 16U;
  if (ms < kEpochMs || ms - kEpochMs > kMaxIndex) return std::nullopt;
  const std::uint64_t index = ms - kEpochMs;
  if (index >= shape_.count(kind) || this->id(kind, index) != id) return std::nullopt;
  return index;
}

std::string Generator::idempotency_key(Kind kind, std::uint64_t index) const {
  return hex(random(kind, index, kKeyA)) + hex(random(kind, index, kKeyB));
}

UserState Generator::user(std::uint64_t index) const {
  UserState user;
  // The index makes the address unique whatever the hash does.
  user.personal.email =
      hex(random(Kind::kUser, index, kEmail)) + "." + std::to_string(index) + "@example.com";
  user.personal.name = pair_of(kFirst, kLast, random(Kind::kUser, index, kName));
  return user;
}

Money Generator::price(std::uint64_t index) const {
  return {static_cast<std::int64_t>(random(Kind::kProduct, index, kPrice) % 100'000) + 1};
}

ProductState Generator::product(std::uint64_t index) const {
  ProductState product;
  const std::uint64_t bits = random(Kind::kProduct, index, kName);
  product.name = pair_of(kMaterial, kThing, bits) + " " + std::to_string(index);
  product.description = "A " + pair_of(kMaterial, kThing, bits) + " with a touch of " +
                        std::string(kMaterial.at((bits >> 8U) & 15U));
  product.price = price(index);
  return product;
}

OrderState Generator::order(std::uint64_t index) const {
  OrderState order;
  order.user = id(Kind::kUser, random(Kind::kOrder, index, kOwner) % shape_.users);
  for (std::uint64_t line = 0; line < kLinesPerOrder; ++line) {
    const std::uint64_t bits = random(Kind::kOrder, index, kLine + line);
    const std::uint64_t product = (bits >> 8U) % shape_.products;
    order.lines.push_back(
        {id(Kind::kProduct, product), static_cast<std::int64_t>(bits % 9) + 1, price(product)});
  }
  order.total = total_of(order.lines);
  return order;
}

State Generator::state(Kind kind, std::uint64_t index) const {
  switch (kind) {
    case Kind::kUser:
      return user(index);
    case Kind::kProduct:
      return product(index);
    case Kind::kOrder:
      return order(index);
  }
  return user(index);
}

Digest Generator::digest(Kind kind, std::uint64_t index) const {
  const State expected = state(kind, index);
  return digest_of({kind, id(kind, index)}, 1, &expected);
}

void Generator::append_body(std::string& out, Kind kind, std::uint64_t index) const {
  JsonObject body(out);
  body.text("id", to_string(id(kind, index)));
  if (kind == Kind::kUser) {
    const UserState made = user(index);
    body.text("email", made.personal.email).text("name", made.personal.name);
    body.text("password", hex(random(Kind::kUser, index, kPassword)));
  } else if (kind == Kind::kProduct) {
    const ProductState made = product(index);
    body.text("name", made.name).text("description", made.description);
    body.raw("price", to_string(made.price));
  } else {
    const OrderState made = order(index);
    body.text("userId", to_string(made.user));
    body.name("items");
    out += '[';
    for (const auto& line : made.lines) {
      if (out.back() != '[') out += ',';
      JsonObject item(out);
      item.text("productId", to_string(line.product)).number("quantity", line.quantity);
      item.close();
    }
    out += ']';
  }
  body.close();
}

}  // namespace cqrs
