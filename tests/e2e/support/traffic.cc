#include "tests/e2e/support/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace cqrs::e2e {
namespace {

constexpr int kBatch = 200;  // commands in one request
constexpr std::size_t kComplaints = 5;

std::int64_t version_of(const std::string& body) {
  const Json tree = Json::parse(body, nullptr, false);
  return tree.is_object() ? tree.value("version", std::int64_t{0}) : 0;
}

void raise(std::atomic<std::int64_t>& highest, std::int64_t value) {
  auto present = highest.load();
  while (present < value && !highest.compare_exchange_weak(present, value)) {
  }
}

}  // namespace

std::string Traffic::product_id(std::size_t product) {
  const std::string number = std::to_string(1'000 + product);
  return "018cc251-f400-7000-8000-00000000" + number;
}

Traffic::Traffic(const TestSystem& system, int writers, int readers) {
  for (std::size_t i = 0; i < kProducts; ++i) {
    const auto answer = system.ask("POST", "/v1/products",
                                   R"({"id":")" + product_id(i) + R"(","name":"Lamp","price":1})");
    EXPECT_EQ(answer.status, 201) << answer.body;
    acknowledged_[i] = 1;
  }
  const std::uint16_t port = system.port();
  const auto count = static_cast<std::size_t>(writers);
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, port, i, count] { write(port, i, count); });
  }
  for (int i = 0; i < readers; ++i) {
    threads_.emplace_back([this, port, i] { read(port, static_cast<std::size_t>(i)); });
  }
}

Traffic::~Traffic() { stop(); }

void Traffic::stop() {
  stopping_ = true;
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::vector<std::string> Traffic::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

void Traffic::complain(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (complaints_.size() < kComplaints) complaints_.push_back(what);
}

// Every writer has products of its own, so that their versions are known to rise one by one.
void Traffic::write(std::uint16_t port, std::size_t writer, std::size_t writers) {
  http::RawClient client(port);
  std::int64_t price = 1;
  while (!stopping_) {
    std::string lines;
    std::vector<std::size_t> products;
    for (int i = 0; i < kBatch; ++i) {
      products.push_back((writer + static_cast<std::size_t>(i) * writers) % kProducts);
      lines += R"({"command":"change_price","id":")" + product_id(products.back()) +
               R"(","data":{"price":)" + std::to_string(++price % 90'000 + 1) + "}}\n";
    }
    const auto answer = client.ask(http::post("/v1/commands:batch", lines));
    if (answer.status != 200) return;
    std::istringstream results(answer.body);
    std::string result;
    for (std::size_t i = 0; std::getline(results, result) && i < products.size(); ++i) {
      const auto version = version_of(result);
      if (version > 0) raise(acknowledged_[products[i]], version);
      writes_ += version > 0 ? 1 : 0;
    }
  }
}

// Reads without a token must never see less than this reader saw before; reads with one never less
// than was acknowledged.
void Traffic::read(std::uint16_t port, std::size_t reader) {
  http::RawClient client(port);
  std::array<std::int64_t, kProducts> last{};
  for (std::size_t turn = reader; !stopping_; ++turn) {
    const std::size_t product = turn % kProducts;
    const bool with_token = turn % 5 == 0;
    const std::int64_t least = with_token ? acknowledged_[product].load() : last[product];
    std::string target = "/v1/products/" + product_id(product);
    if (with_token) target += "?min_version=" + std::to_string(least) + "&wait=10s";
    const auto answer = client.ask(http::get(target));
    if (answer.status == 0) return;  // the service is away
    if (answer.status == 404 && least == 0) continue;
    const auto version = version_of(answer.body);
    if (answer.status != 200) {
      complain(target + " answered " + std::to_string(answer.status) + " " + answer.body);
    } else if (version < std::max(least, last[product])) {
      complain(target + " gave version " + std::to_string(version) + " after " +
               std::to_string(std::max(least, last[product])));
    }
    last[product] = std::max(last[product], version);
    raise(seen_[product], version);
    ++reads_;
  }
}

}  // namespace cqrs::e2e
