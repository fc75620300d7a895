#include "tests/e2e/support/mixed_load.h"

#include "core/base/hash.h"
#include "core/base/uuid.h"

#include <gtest/gtest.h>

namespace cqrs::e2e {
namespace {

constexpr int kSteps = MixedLoad::kEventsPerChain;
constexpr std::chrono::milliseconds kPause{20};
constexpr std::size_t kWrongMost = 5;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string call(const std::string& method, const std::string& target, const std::string& key,
                 const std::string& body) {
  return method + " " + target + " HTTP/1.1\r\nHost: test\r\nIdempotency-Key: " + key +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

MixedLoad::MixedLoad(const load::Endpoint& endpoint, const MixedLoadOptions& options)
    : options_(options), thread_([this, endpoint] { run(endpoint); }) {}

MixedLoad::~MixedLoad() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

bool MixedLoad::finish(std::chrono::milliseconds patience) {
  finishing_ = true;
  const bool ended = wait_until([this] { return ended_.load(); }, patience);
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return ended;
}

std::map<std::string, int> MixedLoad::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

void MixedLoad::run(const load::Endpoint& endpoint) {
  load::ClientOptions options;
  options.endpoint = endpoint;
  options.connections = options_.connections;
  options.depth = options_.chains;
  options.timeout = std::chrono::seconds(15);
  load::ClientCallbacks callbacks;
  callbacks.next = [this](load::Prepared& request) { return next(request); };
  callbacks.done = [this](const load::Answer& answer) { done(answer); };
  callbacks.idle = [this] { return !over(); };
  // The client gives up when nobody listens at its start: the system may be on its way up again.
  while (!over() && !stop_) {
    if (!load::run_client(options, callbacks, stop_)) std::this_thread::sleep_for(kPause);
  }
  ended_ = over();
}

bool MixedLoad::over() const { return finishing_ && open_ == 0; }

bool MixedLoad::next(load::Prepared& request) {
  const auto now = std::chrono::steady_clock::now();
  if (waiting_.empty() || waiting_.front().not_before > now) {
    if (finishing_ || open_ >= options_.chains) return false;
    ++open_;
    waiting_.push_front({begun_++ * kSteps, now});
  }
  request.tag = waiting_.front().command;
  request.bytes = this->request(request.tag);
  request.scheduled = now;
  waiting_.pop_front();
  return true;
}

void MixedLoad::done(const load::Answer& answer) {
  if (answer.transport != load::Transport::kAnswered || answer.status >= 500) {
    return refuse(answer);
  }
  const std::uint64_t chain = answer.tag / kSteps;
  const auto step = static_cast<int>(answer.tag % kSteps);
  const Json body = Json::parse(answer.body, nullptr, false);
  const bool right = (answer.status == 200 || answer.status == 201) && body.is_object() &&
                     body.value("id", "") == id(chain, step / 2) &&
                     body.value("version", 0) == step % 2 + 1;
  if (!right && wrong_.size() < kWrongMost) {
    wrong_.push_back("step " + std::to_string(step) + " of chain " + std::to_string(chain) + ": " +
                     std::to_string(answer.status) + " " + std::string(answer.body));
  }
  ++acknowledged_;
  if (answer.replayed) ++replayed_;
  if (step + 1 == kSteps || !right) {
    --open_;
  } else {
    waiting_.push_back({answer.tag + 1, answer.completed});
  }
}

void MixedLoad::refuse(const load::Answer& answer) {
  ++repeated_;
  waiting_.push_back({answer.tag, std::chrono::steady_clock::now() + kPause});
  const Json body = Json::parse(answer.body, nullptr, false);
  const std::lock_guard lock(mutex_);
  ++refusals_[answer.transport != load::Transport::kAnswered ? "unknown"
              : body.is_object()                             ? body.value("code", "no code")
                                                             : "no problem document"];
}

std::string MixedLoad::id(std::uint64_t chain, int entity) const {
  const std::uint64_t number =
      options_.seed * 1'000'003 + chain * 3 + static_cast<unsigned>(entity);
  return to_string(make_uuid_v7(1'704'067'200'000 + chain, mix64(number), mix64(~number)));
}

std::string MixedLoad::request(std::uint64_t command) const {
  const std::uint64_t chain = command / kSteps;
  const std::string number = std::to_string(chain);
  const std::string key = "mixed-" + std::to_string(options_.seed) + "-" + std::to_string(command);
  const std::string user = id(chain, 0);
  const std::string product = id(chain, 1);
  const std::string order = id(chain, 2);
  switch (command % kSteps) {
    case 0:
      return call("POST", "/v1/users", key,
                  R"({"id":)" + quoted(user) + R"(,"email":"u)" + number + "." +
                      std::to_string(options_.seed) + R"(@example.com","name":"First"})");
    case 1:
      return call("PATCH", "/v1/users/" + user, key, R"({"name":"Renamed )" + number + "\"}");
    case 2:
      return call("POST", "/v1/products", key,
                  R"({"id":)" + quoted(product) + R"(,"name":"Lamp","price":17.35})");
    case 3:
      return call("PUT", "/v1/products/" + product + "/price", key, R"({"price":)" + number + "}");
    case 4:
      return call("POST", "/v1/orders", key,
                  R"({"id":)" + quoted(order) + R"(,"userId":)" + quoted(user) +
                      R"(,"items":[{"productId":)" + quoted(product) + R"(,"quantity":2}]})");
    default:
      return confirms(chain)
                 ? call("POST", "/v1/orders/" + order + "/confirm", key, "")
                 : call("POST", "/v1/orders/" + order + "/cancel", key, R"({"reason":"too late"})");
  }
}

void MixedLoad::expect_all_there(const TestSystem& system, std::int64_t others) const {
  for (const auto& text : wrong_) ADD_FAILURE() << "a wrong answer: " << text;
  const auto chains = static_cast<std::int64_t>(begun_);
  EXPECT_EQ(acknowledged_, chains * kEventsPerChain);
  EXPECT_EQ(system.head(), others + chains * kEventsPerChain)
      << "events: as many as were acknowledged, none lost and none twice";
  http::RawClient client(system.port());
  const auto read = [&](const std::string& target) {
    const auto answer = client.ask(http::get(target + "?min_version=2&wait=10s&expand=none"));
    const Json body = Json::parse(answer.body, nullptr, false);
    EXPECT_EQ(answer.status, 200) << target << " " << answer.body;
    return body.is_object() ? body : Json::object();
  };
  // The count leaves no room for a lost one; a thousand chains are also read, evenly spread.
  const std::uint64_t stride = begun_ / 1'000 + 1;
  for (std::uint64_t chain = 0; chain < begun_ && !testing::Test::HasFailure(); chain += stride) {
    const Json user = read("/v1/users/" + id(chain, 0));
    EXPECT_EQ(user.value("name", ""), "Renamed " + std::to_string(chain)) << user;
    const Json product = read("/v1/products/" + id(chain, 1));
    EXPECT_EQ(product.value("price", -1.0), static_cast<double>(chain)) << product;
    const Json order = read("/v1/orders/" + id(chain, 2));
    EXPECT_EQ(order.value("status", ""), confirms(chain) ? "CONFIRMED" : "CANCELLED") << order;
  }
}

}  // namespace cqrs::e2e
