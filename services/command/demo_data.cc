#include "services/command/demo_data.h"

#include "services/chassis/log.h"

#include <future>
#include <mutex>

namespace cqrs {
namespace {

constexpr std::uint64_t kUsers = 0x100;
constexpr std::uint64_t kProducts = 0x200;
constexpr std::uint64_t kOrders = 0x300;

// 01900000-0000-7000-8000-000000000101: user 1 for ever.
Uuid fixed_id(std::uint64_t number) { return make_uuid_v7(0x0190'0000'0000, 0, number); }

class Script {
 public:
  void user(std::uint64_t number, PersonalFields personal) {
    add({Kind::kUser, fixed_id(kUsers + number)}, 0, UserCommand(CreateUser{std::move(personal)}));
  }
  void product(std::uint64_t number, std::string name, std::string description, Money price) {
    add(product_key(number), 0,
        ProductCommand(CreateProduct{std::move(name), std::move(description), price}));
  }
  void change_product(std::uint64_t number, std::int64_t version, ProductCommand change) {
    add(product_key(number), version, std::move(change));
  }
  // `lines`: number of the product and quantity.
  void order(std::uint64_t number, std::uint64_t user,
             const std::vector<std::pair<std::uint64_t, std::int64_t>>& lines,
             const std::vector<OrderCommand>& then) {
    CreateOrder order;
    order.user = fixed_id(kUsers + user);
    for (const auto& [product, quantity] : lines) {
      order.lines.push_back({fixed_id(kProducts + product), quantity});
    }
    const StreamKey key{Kind::kOrder, fixed_id(kOrders + number)};
    add(key, 0, OrderCommand(std::move(order)));
    std::int64_t version = 0;
    for (const auto& change : then) add(key, ++version, change);
  }
  [[nodiscard]] std::vector<Command> take() { return std::move(commands_); }

 private:
  static StreamKey product_key(std::uint64_t number) {
    return {Kind::kProduct, fixed_id(kProducts + number)};
  }
  void add(const StreamKey& key, std::int64_t version, CommandBody body) {
    Command command;
    command.target = key;
    command.body = std::move(body);
    command.expected_version = version;
    commands_.push_back(std::move(command));
  }

  std::vector<Command> commands_;
};

// Gathers the outcomes of one group for the thread that waits for them.
class Gathered final : public Reply {
 public:
  explicit Gathered(std::size_t count) : outcomes_(count), missing_(count) {}
  void deliver(std::size_t index, Outcome&& outcome) override {
    const std::lock_guard lock(mutex_);
    outcomes_[index] = std::move(outcome);
    if (--missing_ == 0) done_.set_value();
  }
  [[nodiscard]] const std::vector<Outcome>& wait() {
    done_.get_future().wait();
    return outcomes_;
  }

 private:
  std::mutex mutex_;
  std::vector<Outcome> outcomes_;
  std::size_t missing_;
  std::promise<void> done_;
};

// The entity has a history of its own already: it is not ours to change any more.
bool is_present(const Error& error) {
  return error.field == "expected_version" || error.field == "id";
}

bool is_failure(const Error& error) {
  return error.retryable() || error.code == ErrorCode::kInternal ||
         error.code == ErrorCode::kCorrupt;
}

}  // namespace

std::vector<Command> demo_commands() {
  Script script;
  script.user(1, {"ada@demo.example", "Ada Lovelace", "ada", "+442079460101",
                  R"({"city":"London","street":"12 St James's Square"})", std::nullopt});
  script.user(2, {"grace@demo.example", "Grace Hopper", "grace", "+12025550102",
                  R"({"city":"Arlington","street":"1 Harbor Road"})", std::nullopt});
  script.user(3, {"alan@demo.example", "Alan Turing", std::nullopt, std::nullopt, std::nullopt,
                  std::nullopt});
  script.product(1, "Desk lamp", "Brass, with a green glass shade", Money{4'900});
  script.product(2, "Notebook", "192 squared pages, thread-bound", Money{450});
  script.product(3, "Fountain pen", "Steel nib, refillable", Money{2'475});
  script.product(4, "Teapot", "Stoneware, one litre", Money{2'990});
  script.change_product(4, 1, ChangePrice{Money{2'490}});
  script.product(5, "Paper map", "No longer sold", Money{790});
  script.change_product(5, 1, DeactivateProduct{});
  script.order(1, 1, {{1, 1}, {2, 3}}, {});
  script.order(2, 2, {{3, 2}}, {ConfirmOrder{}});
  script.order(3, 3, {{4, 1}, {2, 1}}, {ConfirmOrder{}, PayOrder{}, ShipOrder{}, DeliverOrder{}});
  script.order(4, 1, {{3, 1}}, {CancelOrder{"ordered twice by mistake"}});
  return script.take();
}

Result<DemoData> publish_demo_data(Committer& committer) {
  auto commands = demo_commands();
  const auto gathered = std::make_shared<Gathered>(commands.size());
  std::vector<PendingCommand> group;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    group.push_back({std::move(commands[i]), gathered, i, "demo_data"});
  }
  CQRS_TRY(committer.submit(group));
  DemoData result;
  for (const auto& outcome : gathered->wait()) {
    if (outcome) {
      ++result.published;
    } else if (is_failure(outcome.error())) {
      return outcome.error();
    } else if (is_present(outcome.error())) {
      ++result.present;
    } else {
      result.refused.push_back(outcome.error());
    }
  }
  return result;
}

Status publish_demo_logged(Committer& committer) {
  auto demo = publish_demo_data(committer);
  if (!demo) return demo.error();
  log::info("demo data", {{"published", std::to_string(demo->published)},
                          {"present", std::to_string(demo->present)}});
  for (const auto& error : demo->refused) {
    log::warning("demo data left out", {{"reason", error.message}});
  }
  return {};
}

}  // namespace cqrs
