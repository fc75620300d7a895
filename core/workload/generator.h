// The seeded workload: entity number `index` of a kind is a pure function of the seed, so every row
// can be recomputed at any time and nothing that was sent need be kept.
#pragma once

#include "core/domain/aggregate.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cqrs {

class JsonObject;

// What one run creates. Orders refer to users and products of the same run, so the whole shape
// belongs to its identity: the same seed with other counts gives other orders.
struct WorkloadShape {
  std::uint64_t seed = 42;
  std::uint64_t users = 0;
  std::uint64_t products = 0;
  std::uint64_t orders = 0;
  [[nodiscard]] std::uint64_t count(Kind kind) const {
    return kind == Kind::kUser ? users : kind == Kind::kProduct ? products : orders;
  }
  [[nodiscard]] std::uint64_t total() const { return users + products + orders; }
  friend bool operator==(const WorkloadShape&, const WorkloadShape&) = default;
};

// Thread-safe: holds no state but the shape. Indexes start at 0.
class Generator {
 public:
  explicit Generator(const WorkloadShape& shape) : shape_(shape) {}

  // UUIDv7 whose time is 2024-01-01 plus `index` milliseconds, the rest seeded: ordered by index.
  [[nodiscard]] Uuid id(Kind kind, std::uint64_t index) const;
  // The index that id() made `id` from; nothing when it is not of this workload.
  [[nodiscard]] std::optional<std::uint64_t> index_of(Kind kind, const Uuid& id) const;
  // Random in key order, as clients' keys are; 32 hexadecimal digits.
  [[nodiscard]] std::string idempotency_key(Kind kind, std::uint64_t index) const;
  void append_idempotency_key(std::string& out, Kind kind, std::uint64_t index) const;

  // The state that creating this entity must lead to, by the published server rules.
  [[nodiscard]] State state(Kind kind, std::uint64_t index) const;
  // The digest of that state at version 1: what the client knows without asking anybody.
  [[nodiscard]] Digest digest(Kind kind, std::uint64_t index) const;
  // The request body for POST /v1/users, /v1/products or /v1/orders, the id included. A user's also
  // has a password, 16 characters, which is in no state and no digest.
  void append_body(std::string& out, Kind kind, std::uint64_t index) const;

  [[nodiscard]] const WorkloadShape& shape() const { return shape_; }

 private:
  [[nodiscard]] std::uint64_t random(Kind kind, std::uint64_t index, std::uint64_t purpose) const;
  [[nodiscard]] UserState user(std::uint64_t index) const;
  [[nodiscard]] ProductState product(std::uint64_t index) const;
  [[nodiscard]] Money price(std::uint64_t index) const;
  [[nodiscard]] OrderState order(std::uint64_t index) const;
  void append_email(std::string& out, std::uint64_t index) const;
  void append_items(std::string& out, JsonObject& body, std::uint64_t index) const;
  [[nodiscard]] Uuid owner(std::uint64_t index) const;  // of an order
  struct Line {
    std::uint64_t product = 0;
    std::int64_t quantity = 0;
  };
  [[nodiscard]] Line line(std::uint64_t index, std::uint64_t number) const;

  WorkloadShape shape_;
};

inline constexpr std::uint64_t kLinesPerOrder = 3;

}  // namespace cqrs
