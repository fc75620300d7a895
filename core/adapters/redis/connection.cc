#include "core/adapters/redis/connection.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>

namespace cqrs::redis {
namespace {

timeval as_timeval(std::chrono::milliseconds time) {
  return {time.count() / 1'000, time.count() % 1'000 * 1'000};
}

std::optional<int> number_in(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 && value <= most ? std::optional<int>(value) : std::nullopt;
}

struct Refusal {
  std::string_view word;  // with which the server's message begins
  ErrorCode code;
  std::string_view way_out;
};

// What a server says when it does not do what it was asked, by its first word.
constexpr std::array kRefusals{
    Refusal{"LOADING", ErrorCode::kUnavailable, "it is reading its files: wait"},
    Refusal{"BUSY", ErrorCode::kUnavailable, "a script runs too long: wait, or SCRIPT KILL"},
    Refusal{"OOM", ErrorCode::kUnavailable,
            "raise maxmemory, or drop a generation of the views that is not served"},
    Refusal{"READONLY", ErrorCode::kUnavailable, "it is a replica: name the primary"},
    Refusal{"MISCONF", ErrorCode::kUnavailable, "it cannot write its files: look at its disk"},
    Refusal{"NOREPLICAS", ErrorCode::kUnavailable, "it wants more replicas than there are"},
    Refusal{"MASTERDOWN", ErrorCode::kUnavailable, "its primary is gone: wait for another"},
    Refusal{"CLUSTERDOWN", ErrorCode::kUnavailable, "the cluster is not complete: wait"},
    Refusal{"TRYAGAIN", ErrorCode::kUnavailable, "the cluster moves slots: wait"},
    Refusal{"MOVED", ErrorCode::kUnavailable, "another node of the cluster has the keys: name it"},
    Refusal{"ASK", ErrorCode::kUnavailable, "the cluster moves slots: wait"},
    Refusal{"NOAUTH", ErrorCode::kUnavailable, "give the password in the URL"},
    Refusal{"WRONGPASS", ErrorCode::kUnavailable, "give the right password in the URL"},
    Refusal{"NOPERM", ErrorCode::kUnavailable, "give this user all commands on these keys"},
    Refusal{"WRONGTYPE", ErrorCode::kCorrupt,
            "something else wrote under our prefix: rebuild the views"},
    Refusal{"CORRUPT", ErrorCode::kCorrupt, "rebuild the views"},
};

}  // namespace

std::int64_t Reply::integer() const {
  if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
  std::int64_t value = 0;
  const auto digits = text();
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Result<Address> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "redis://";
  const auto bad = [] {
    return invalid("url", "the Redis URL must look like redis://[:password@]host:port[/database]");
  };
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return bad();
  rest.remove_prefix(kScheme.size());
  Address address;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto colon = rest.find(':');
    if (colon > at) return bad();
    address.user = rest.substr(0, colon);
    address.password = rest.substr(colon + 1, at - colon - 1);
    rest.remove_prefix(at + 1);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    const auto database = rest.substr(slash + 1);
    if (!database.empty()) {
      const auto number = number_in(database, 1'000'000);
      if (!number) return bad();
      address.database = *number;
    }
    rest = rest.substr(0, slash);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    const auto port = number_in(rest.substr(colon + 1), 65'535);
    if (!port || *port == 0) return bad();
    address.port = *port;
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return bad();
  address.host = rest;
  return address;
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& url,
                                                     std::chrono::milliseconds patience) {
  auto address = parse_url(url);
  if (!address) return address.error();
  auto connection = std::make_unique<Connection>(std::move(*address), patience);
  CQRS_TRY(connection->connect());
  return connection;
}

Status Connection::connect() {
  const timeval patience = as_timeval(patience_);
  context_.reset(redisConnectWithTimeout(address_.host.c_str(), address_.port, patience));
  if (context_ == nullptr) return broken("no memory for a connection");
  if (context_->err != 0) return broken(context_->errstr);
  if (redisSetTimeout(context_.get(), patience) != REDIS_OK) return broken(context_->errstr);
  redisEnableKeepAlive(context_.get());
  Request greeting;
  if (!address_.password.empty()) {
    if (address_.user.empty()) {
      greeting.command("AUTH", address_.password);
    } else {
      greeting.command("AUTH", address_.user, address_.password);
    }
  }
  greeting.command("SELECT", std::int64_t{address_.database});
  CQRS_TRY(send(greeting.bytes()));
  auto replies = receive(greeting.replies());
  if (!replies) return replies.error();
  auto status = check(*replies);
  if (!status) context_.reset();
  return status;
}

Result<Replies> Connection::run(const Request& request, Again again) {
  auto replies = exchange(request, again);
  if (!replies) return replies;
  CQRS_TRY(check(*replies));
  return replies;
}

Result<Replies> Connection::exchange(const Request& request, Again again) {
  const bool fresh = context_ == nullptr;
  waited_in_vain_ = false;
  if (fresh) CQRS_TRY(connect());
  auto sent = send(request.bytes());
  auto replies = sent ? receive(request.replies()) : Result<Replies>(sent.error());
  // Only a connection that was closed while nobody looked is worth a second try: whoever has
  // waited for an answer in vain should not wait twice.
  const bool lost = !replies && replies.error().code == ErrorCode::kUnavailable && !waited_in_vain_;
  if (fresh || !lost || again == Again::kNo) return replies;
  CQRS_TRY(connect());
  CQRS_TRY(send(request.bytes()));
  return receive(request.replies());
}

// Not through hiredis, whose write() ends the program by SIGPIPE when the server is gone.
Status Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return broken(std::string("sending: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<Replies> Connection::receive(std::size_t count) {
  Replies replies;
  replies.replies_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK || reply == nullptr) {
      if (context_->err == REDIS_ERR_IO && errno == EAGAIN) {
        waited_in_vain_ = true;
        return broken("no answer within " + std::to_string(patience_.count()) + " ms");
      }
      return broken(context_->errstr);
    }
    replies.replies_.emplace_back(static_cast<redisReply*>(reply));
  }
  return replies;
}

// Answers that are still on their way belong to nobody any more: the connection is given up.
Error Connection::broken(const std::string& why) {
  context_.reset();
  return make_error(ErrorCode::kUnavailable, name() + ": " + why);
}

Status Connection::check(const Replies& replies) const {
  for (const auto& reply : replies.replies_) {
    if (reply->type == REDIS_REPLY_ERROR) return translated(Reply(reply.get()).text());
    if (reply->type != REDIS_REPLY_ARRAY) continue;
    for (std::size_t i = 0; i < reply->elements; ++i) {
      const redisReply* element = reply->element[i];
      if (element->type == REDIS_REPLY_ERROR) return translated(Reply(element).text());
    }
  }
  return {};
}

Error Connection::translated(std::string_view message) const {
  const auto word = message.substr(0, message.find(' '));
  for (const auto& refusal : kRefusals) {
    if (refusal.word != word) continue;
    return make_error(refusal.code, name() + ": " + std::string(message) + " (" +
                                        std::string(refusal.way_out) + ")");
  }
  const bool full = message.starts_with("ERR max number of clients");
  return make_error(full ? ErrorCode::kUnavailable : ErrorCode::kInternal,
                    name() + ": " + std::string(message));
}

Result<std::string> Connection::sha_of(const Script& script) {
  const auto known = shas_.find(&script);
  if (known != shas_.end()) return known->second;
  auto loaded = run(Request().command("SCRIPT", "LOAD", script.text), Again::kOnce);
  if (!loaded) return loaded.error();
  return shas_.emplace(&script, std::string((*loaded)[0].text())).first->second;
}

Result<Replies> Connection::run_script(const Script& script, const Arguments& arguments,
                                       Again again) {
  auto sha = sha_of(script);
  if (!sha) return sha.error();
  auto replies = exchange(Request().command_with(arguments, "EVALSHA", *sha), again);
  // A server that was started anew, or told to, has forgotten its scripts.
  if (replies.ok() && (*replies)[0].text().starts_with("NOSCRIPT")) {
    replies = exchange(Request().command_with(arguments, "EVAL", script.text), again);
  }
  if (!replies) return replies;
  CQRS_TRY(check(*replies));
  return replies;
}

}  // namespace cqrs::redis
