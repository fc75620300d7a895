#include "cli/load/seed_wire.h"

#include <array>
#include <charconv>

namespace cqrs::load {
namespace {

constexpr std::array<std::string_view, kAllKinds.size()> kPaths{"/v1/users", "/v1/products",
                                                                "/v1/orders"};
constexpr std::array<std::string_view, kAllKinds.size()> kCommands{"create_user", "create_product",
                                                                   "create_order"};

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  (void)error;
  out.append(text.data(), end);
}

}  // namespace

std::int64_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  std::int64_t value = 0;
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
  }
  return value;
}

SeedWire::SeedWire(const Endpoint& endpoint, const Generator& generator)
    : generator_(generator), host_(endpoint.host + ":" + std::to_string(endpoint.port)) {}

void SeedWire::finish(std::string& out) const {
  out += "\r\nContent-Length: ";
  append_number(out, body_.size());
  out += "\r\n\r\n";
  out += body_;
}

void SeedWire::write_single(std::string& out, Kind kind, std::uint64_t index) {
  body_.clear();
  generator_.append_body(body_, kind, index);
  out.clear();
  out += "POST ";
  out += kPaths[kind_index(kind)];
  out += " HTTP/1.1\r\nHost: ";
  out += host_;
  out += "\r\nContent-Type: application/json\r\nIdempotency-Key: ";
  generator_.append_idempotency_key(out, kind, index);
  finish(out);
}

void SeedWire::add_to_batch(Kind kind, std::uint64_t index) {
  body_ += R"({"command":")";
  body_ += kCommands[kind_index(kind)];
  body_ += R"(","idempotency_key":")";
  generator_.append_idempotency_key(body_, kind, index);
  body_ += R"(","data":)";
  generator_.append_body(body_, kind, index);
  body_ += "}\n";
}

void SeedWire::write_batch(std::string& out) const {
  out.clear();
  out += "POST /v1/commands:batch HTTP/1.1\r\nHost: ";
  out += host_;
  out += "\r\nContent-Type: application/x-ndjson";
  finish(out);
}

void SeedWire::write_read(std::string& out, Kind kind, std::uint64_t index) const {
  out.clear();
  out += "GET ";
  out += kPaths[kind_index(kind)];
  out += '/';
  append_uuid(out, generator_.id(kind, index));
  out += "?expand=none&min_version=1&wait=10s HTTP/1.1\r\nHost: ";
  out += host_;
  out += "\r\n\r\n";
}

CommandAnswer single_answer(const Answer& answer) {
  CommandAnswer out;
  out.status = answer.status;
  out.replayed = answer.replayed;
  if (out.acknowledged()) {
    out.version = number_behind(answer.body, "\"version\":");
    out.position = number_behind(answer.body, "\"position\":");
  }
  return out;
}

CommandAnswer batch_answer(std::string_view line) {
  constexpr std::string_view kStatus = "{\"status\":";
  CommandAnswer out;
  if (!line.starts_with(kStatus)) return out;
  std::from_chars(line.data() + kStatus.size(), line.data() + line.size(), out.status);
  if (out.acknowledged()) {
    // Behind the id, which is of one length.
    constexpr std::size_t kIdEnd = kStatus.size() + 3 + 6 + 36;
    const std::string_view rest = line.substr(std::min(kIdEnd, line.size()));
    out.version = number_behind(rest, "\"version\":");
    out.position = number_behind(rest, "\"position\":");
    out.replayed = rest.find("\"replayed\":true") != std::string_view::npos;
  }
  return out;
}

bool says_already_exists(std::string_view text) {
  return text.find("\"code\":\"already_exists\"") != std::string_view::npos;
}

}  // namespace cqrs::load
