#include "core/workload/generator.h"

#include "core/base/hash.h"
#include "core/base/json.h"

#include <array>
#include <charconv>

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

// Everything is appended in place: the load client makes a body per entity, and what that costs is
// taken from the system that it measures.
void append_hex(std::string& out, std::uint64_t value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<char, 16> text{};
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = kHex[(value >> (4 * i)) & 0x0FU];
  out.append(text.data(), text.size());
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), done.ptr);
}

void append_pair(std::string& out, const std::array<std::string_view, 16>& first,
                 const std::array<std::string_view, 16>& second, std::uint64_t bits) {
  out += first[bits & 15U];
  out += ' ';
  out += second[(bits >> 4U) & 15U];
}

void append_product_name(std::string& out, std::uint64_t bits, std::uint64_t index) {
  append_pair(out, kMaterial, kThing, bits);
  out += ' ';
  append_number(out, index);
}

void append_description(std::string& out, std::uint64_t bits) {
  out += "A ";
  append_pair(out, kMaterial, kThing, bits);
  out += " with a touch of ";
  out += kMaterial[(bits >> 8U) & 15U];
}

// A JSON text of what needs no escape: nothing that the workload makes does.
template <class Append>
void add_text(std::string& out, JsonObject& object, std::string_view key, Append append) {
  object.name(key);
  out += '"';
  append();
  out += '"';
}

void add_id(std::string& out, JsonObject& object, std::string_view key, const Uuid& id) {
  add_text(out, object, key, [&] { append_uuid(out, id); });
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
  std::string out;
  append_idempotency_key(out, kind, index);
  return out;
}

void Generator::append_idempotency_key(std::string& out, Kind kind, std::uint64_t index) const {
  append_hex(out, random(kind, index, kKeyA));
  append_hex(out, random(kind, index, kKeyB));
}

// The index makes the address unique whatever the hash does.
void Generator::append_email(std::string& out, std::uint64_t index) const {
  append_hex(out, random(Kind::kUser, index, kEmail));
  out += '.';
  append_number(out, index);
  out += "@example.com";
}

UserState Generator::user(std::uint64_t index) const {
  UserState user;
  append_email(user.personal.email, index);
  append_pair(user.personal.name, kFirst, kLast, random(Kind::kUser, index, kName));
  return user;
}

Money Generator::price(std::uint64_t index) const {
  return {static_cast<std::int64_t>(random(Kind::kProduct, index, kPrice) % 100'000) + 1};
}

ProductState Generator::product(std::uint64_t index) const {
  ProductState product;
  const std::uint64_t bits = random(Kind::kProduct, index, kName);
  append_product_name(product.name, bits, index);
  append_description(product.description, bits);
  product.price = price(index);
  return product;
}

Uuid Generator::owner(std::uint64_t index) const {
  return id(Kind::kUser, random(Kind::kOrder, index, kOwner) % shape_.users);
}

Generator::Line Generator::line(std::uint64_t index, std::uint64_t number) const {
  const std::uint64_t bits = random(Kind::kOrder, index, kLine + number);
  return {(bits >> 8U) % shape_.products, static_cast<std::int64_t>(bits % 9) + 1};
}

OrderState Generator::order(std::uint64_t index) const {
  OrderState order;
  order.user = owner(index);
  order.lines.reserve(kLinesPerOrder);
  for (std::uint64_t number = 0; number < kLinesPerOrder; ++number) {
    const Line made = line(index, number);
    order.lines.push_back({id(Kind::kProduct, made.product), made.quantity, price(made.product)});
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
  add_id(out, body, "id", id(kind, index));
  if (kind == Kind::kUser) {
    const std::uint64_t name = random(Kind::kUser, index, kName);
    add_text(out, body, "email", [&] { append_email(out, index); });
    add_text(out, body, "name", [&] { append_pair(out, kFirst, kLast, name); });
    const std::uint64_t password = random(Kind::kUser, index, kPassword);
    add_text(out, body, "password", [&] { append_hex(out, password); });
  } else if (kind == Kind::kProduct) {
    const std::uint64_t bits = random(Kind::kProduct, index, kName);
    add_text(out, body, "name", [&] { append_product_name(out, bits, index); });
    add_text(out, body, "description", [&] { append_description(out, bits); });
    body.raw("price", to_string(price(index)));
  } else {
    add_id(out, body, "userId", owner(index));
    append_items(out, body, index);
  }
  body.close();
}

void Generator::append_items(std::string& out, JsonObject& body, std::uint64_t index) const {
  body.name("items");
  out += '[';
  for (std::uint64_t number = 0; number < kLinesPerOrder; ++number) {
    if (number > 0) out += ',';
    const Line made = line(index, number);
    JsonObject item(out);
    add_id(out, item, "productId", id(Kind::kProduct, made.product));
    item.name("quantity");
    append_number(out, static_cast<std::uint64_t>(made.quantity));
    item.close();
  }
  out += ']';
}

}  // namespace cqrs
