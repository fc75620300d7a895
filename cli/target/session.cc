#include "cli/target/session.h"

#include "cli/target/foreign_values.h"

#include <algorithm>
#include <array>

namespace cqrs::target {
namespace {

bool holds(const std::vector<int>& list, int status) {
  return std::find(list.begin(), list.end(), status) != list.end();
}

bool empty_value(const JsonValue& value) {
  if (value.is(JsonType::kNull)) return true;
  if (value.is(JsonType::kBoolean)) return !value.truth;
  if (value.is(JsonType::kString)) return value.text.empty();
  if (value.is(JsonType::kArray) || value.is(JsonType::kObject)) return value.size == 0;
  return value.text == "0";
}

// What systems say when they answer 200 to what they did not do; empty: nothing of it.
std::string told_error(const JsonValue& root) {
  if (!root.is(JsonType::kObject)) return {};
  constexpr std::array<std::string_view, 3> kErrors{"error", "errors", "exception"};
  constexpr std::array<std::string_view, 2> kGood{"success", "ok"};
  for (const auto& member : root) {
    const bool names_error = std::find(kErrors.begin(), kErrors.end(), member.key) != kErrors.end();
    const bool says_good = std::find(kGood.begin(), kGood.end(), member.key) != kGood.end();
    if ((names_error && !empty_value(member)) ||
        (says_good && member.is(JsonType::kBoolean) && !member.truth)) {
      return "\"" + std::string(member.key) + "\": " + text_of(member);
    }
  }
  return {};
}

// Why an answer that looks like success is none; empty: it is one.
std::string broken_condition(const Target& target, const JsonValue& root) {
  if (!target.success) return told_error(root);
  const JsonValue* value = find_pointer(root, target.success->at);
  if (target.success->equals.empty()) {
    return value == nullptr || value->is(JsonType::kNull)
               ? ""
               : target.success->at + " is " + text_of(*value);
  }
  std::string text;
  if (value != nullptr) append_json(text, *value);
  if (text == target.success->equals) return {};
  return target.success->at + " is " + (value == nullptr ? "not there" : text) + " and not " +
         target.success->equals;
}

}  // namespace

std::string excerpt(std::string_view body) {
  constexpr std::size_t kMost = 200;
  std::string text(body.substr(0, kMost));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return body.size() > kMost ? text + "…" : text;
}

Status Session::write(std::string& out, const Request& request, const Values& values,
                      const Template* path) const {
  const Template& target = path == nullptr ? request.path : *path;
  out = request.method + " " + target_.prefix;
  const auto refuse = [&](const Template& form, const char* what) {
    return invalid(what, target_.path + ": the " + std::string(what) + " of a request needs {{" +
                             form.missing(values) + "}}, which has no value (yet)");
  };
  if (!target.fill(out, values)) return refuse(target, "path");
  const bool bracket = target_.endpoint.host.find(':') != std::string::npos;
  out += " HTTP/1.1\r\nHost: ";
  out += bracket ? "[" + target_.endpoint.host + "]" : target_.endpoint.host;
  out += ":" + std::to_string(target_.endpoint.port) + "\r\nAccept: application/json\r\n";
  for (const auto& [name, value] : target_.headers) out += name + ": " + value + "\r\n";
  {
    const std::lock_guard lock(mutex_);
    out += token_line_;
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (target_.idempotency && !reads) {
    std::string value;
    if (target_.idempotency->fill(value, values)) {
      out += target_.idempotency_header + ": " + value + "\r\n";
    }
  }
  std::string body;
  if (request.body) {
    if (!request.body->fill(body, values)) return refuse(*request.body, "body");
    out += "Content-Type: application/json\r\n";
  }
  if (request.body || !reads) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  out += body;
  return {};
}

Result<load::SimpleResponse> Session::send(const std::string& bytes) const {
  return load::fetch_bytes(target_.endpoint, bytes, target_.timeout);
}

Result<load::SimpleResponse> Session::ask(const Request& request, const Values& values,
                                          const Template* path) {
  std::string bytes;
  CQRS_TRY(write(bytes, request, values, path));
  auto answer = send(bytes);
  if (!answer || answer->status != 401 || !target_.login) return answer;
  refresh();
  CQRS_TRY(write(bytes, request, values, path));
  return send(bytes);
}

Status Session::login() {
  if (!target_.login) return {};
  const Login& how = *target_.login;
  std::string bytes;
  CQRS_TRY(write(bytes, how.request, PlainValues({})));
  auto answer = send(bytes);
  if (!answer) return answer.error();
  JsonDocument document;
  const bool json = document.parse(answer->body).ok();
  const JsonValue* token = json ? find_pointer(document.root(), how.token) : nullptr;
  if (!holds(how.request.expect, answer->status) || token == nullptr) {
    return invalid("login", target_.name + ": the login was answered with " +
                                std::to_string(answer->status) +
                                (token == nullptr ? " and without a token at " + how.token : "") +
                                ": look at login in " + target_.path);
  }
  std::string line = how.header + ": ";
  if (!how.value.fill(line, PlainValues({{"token", text_of(*token)}}))) {
    return invalid("login", target_.name + ": the token has a line break in it");
  }
  const std::lock_guard lock(mutex_);
  token_line_ = line + "\r\n";
  return {};
}

void Session::refresh() {
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - refreshed_ < std::chrono::seconds(1)) return;
    refreshed_ = now;
  }
  // What is still refused afterwards says so itself.
  static_cast<void>(login());
}

Judgement Session::judge(const Request& request, load::Transport transport, int status,
                         std::string_view body, JsonDocument& document) {
  using load::OpOutcome;
  const bool json = transport == load::Transport::kAnswered && document.parse(body).ok();
  if (!json) static_cast<void>(document.parse("null"));
  if (transport == load::Transport::kRefused) return {OpOutcome::kRejected, "no connection", true};
  if (transport == load::Transport::kUnknown) {
    return {OpOutcome::kUnknown, "connection lost or timeout"};
  }
  const std::string told = std::to_string(status) + " " + excerpt(body);
  if (holds(request.expect, status)) {
    const std::string why = broken_condition(target_, document.root());
    if (why.empty()) return {OpOutcome::kAcknowledged, ""};
    ++errors_in_success_;
    const std::lock_guard lock(mutex_);
    if (first_error_.empty()) first_error_ = told;
    return {OpOutcome::kRejected, std::to_string(status) + " with an error: " + why, false, true};
  }
  if (status == 429) return {OpOutcome::kRejected, told, true};
  if (status == 401 && target_.login) {
    refresh();
    return {OpOutcome::kRejected, told, true};
  }
  if (status >= 500 || status == 408) return {OpOutcome::kUnknown, told};
  return {OpOutcome::kRejected, told};
}

bool Session::absent(int status) const { return holds(target_.absent, status); }

Result<load::ViewLag> Session::lag() {
  load::ViewLag lag;
  const CaughtUp& how = target_.caught_up;
  if (how.how != CaughtUp::How::kRequest) return lag;
  auto answer = ask(how.request, PlainValues({}));
  if (!answer) return answer.error();
  JsonDocument document;
  const bool good = holds(how.request.expect, answer->status) && document.parse(answer->body).ok();
  const JsonValue* value = good ? find_pointer(document.root(), how.at) : nullptr;
  if (value == nullptr) {
    return invalid("caught_up.at", target_.name + ": the answer to caught_up (" +
                                       std::to_string(answer->status) + " " +
                                       excerpt(answer->body) + ") has nothing at " + how.at +
                                       ": look at caught_up in " + target_.path);
  }
  if (!how.equals.empty()) {
    std::string text;
    append_json(text, *value);
    lag.caught_up = text == how.equals;
    return lag;
  }
  const JsonValue* wanted = find_pointer(document.root(), how.at_least);
  const auto reached = whole_number(*value);
  const auto head = wanted == nullptr ? std::nullopt : whole_number(*wanted);
  if (!reached || !head) {
    return invalid("caught_up.at_least", target_.name + ": caught_up: " + how.at + " and " +
                                             how.at_least + " must both be whole numbers");
  }
  lag.records = std::max<std::int64_t>(*head - *reached, 0);
  lag.caught_up = lag.records == 0;
  return lag;
}

std::string Session::first_error_in_success() const {
  const std::lock_guard lock(mutex_);
  return first_error_;
}

}  // namespace cqrs::target
