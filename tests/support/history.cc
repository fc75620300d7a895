#include "tests/support/history.h"

#include "core/base/check.h"
#include "core/events/codec.h"
#include "core/project/view_body.h"
#include "core/write/command_handler.h"

#include "tests/support/builders.h"

#include <algorithm>
#include <optional>

namespace cqrs::support {
namespace {

constexpr std::uint64_t kUsers = 5;
constexpr std::uint64_t kProducts = 4;
constexpr std::uint64_t kOrders = 6;

std::string describe(const StreamKey& key) {
  return std::string(kind_name(key.kind)) + " " + to_string(key.id);
}

std::string describe(const ViewRow& row) {
  return "version " + std::to_string(row.version) + " position " + std::to_string(row.position) +
         " digest " + to_string(row.digest) + " " + (row.deleted ? "deleted" : row.body);
}

// What the life of an entity knows beyond its creation; deletions are rare, because they are final.
Command random_life_event(Random& random) {
  const auto user = random.below(kUsers);
  const auto product = random.below(kProducts);
  const auto order = random.below(kOrders);
  switch (random.below(12)) {
    case 0:
      return delete_user(user);
    case 1:
      return delete_product(product);
    case 2:
      return deactivate_user(user);
    case 3:
      return activate_user(user);
    case 4:
      return deactivate_product(product);
    case 5:
      return activate_product(product);
    case 6:
    case 7:
      return pay_order(order);
    case 8:
    case 9:
      return ship_order(order);
    default:
      return deliver_order(order);
  }
}

}  // namespace

Command random_command(Random& random) {
  if (random.percent(35)) return random_life_event(random);
  const auto user = random.below(kUsers);
  const auto product = random.below(kProducts);
  const auto order = random.below(kOrders);
  switch (random.below(8)) {
    case 0:
      return create_user(user);
    case 1:
      return rename_user(user, "Name " + std::to_string(random.below(6)));
    case 2:
      return change_email(user, "box" + std::to_string(random.below(3)) + "@example.com");
    case 3:
      return create_product(product);
    case 4:
      return change_price(product, Money{static_cast<std::int64_t>(random.below(500))});
    case 5:
      return create_order(order, user, {product, random.below(kProducts)});
    case 6:
      return confirm_order(order);
    default:
      return cancel_order(order);
  }
}

void grow_history(memory::MemoryRecord& record, std::uint64_t seed, int commands) {
  Random random(seed);
  const auto store = memory::open_write_store(record);
  ManualClock clock(kNow);
  CommandHandler handler(*store, clock, random.next());
  for (int left = commands; left > 0;) {
    std::vector<Command> batch(1 + random.below(4));
    std::generate(batch.begin(), batch.end(), [&] { return random_command(random); });
    (void)handler.execute(batch);
    clock.advance(std::chrono::milliseconds(1));
    left -= static_cast<int>(batch.size());
  }
}

std::map<StreamKey, ViewRow> fold_rows(const std::vector<Event>& events) {
  std::map<StreamKey, std::optional<State>> states;
  std::map<StreamKey, ViewRow> rows;
  for (const auto& event : events) {
    const auto body = decode_event(event.type, event.schema_version, event.data);
    CQRS_CHECK(body.ok());
    auto& state = states[event.stream];
    evolve(state, *body);
    ViewRow& row = rows[event.stream];
    row.key = event.stream;
    if (event.version == 1) row.created_at = event.recorded_at;
    row.updated_at = event.recorded_at;
    row.version = event.version;
    row.position = event.position;
  }
  for (auto& [key, row] : rows) {
    const auto& state = states[key];
    if (state) {
      render_view(row, *state);
    } else {
      render_tombstone(row);
    }
  }
  return rows;
}

std::string difference(const std::map<StreamKey, ViewRow>& expected,
                       const std::map<StreamKey, ViewRow>& actual) {
  for (const auto& [key, row] : expected) {
    const auto at = actual.find(key);
    if (at == actual.end()) return describe(key) + " is missing, expected " + describe(row);
    if (at->second != row) {
      return describe(key) + " has " + describe(at->second) + ", expected " + describe(row);
    }
  }
  for (const auto& [key, row] : actual) {
    if (!expected.contains(key)) return describe(key) + " should not exist: " + describe(row);
  }
  return {};
}

}  // namespace cqrs::support
