// One connection to a Redis server: requests out, replies in, every wait with an end. A broken
// connection is opened anew by the next call. Internal to this adapter.
#pragma once

#include "core/adapters/redis/request.h"
#include "core/base/result.h"

#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cqrs::redis {

// Looks into a reply that somebody else owns. Asked for what it is not, it gives nothing or 0.
class Reply {
 public:
  explicit Reply(const redisReply* reply) : reply_(reply) {}
  [[nodiscard]] bool is_nil() const { return reply_->type == REDIS_REPLY_NIL; }
  [[nodiscard]] std::string_view text() const {
    return reply_->str == nullptr ? std::string_view() : std::string_view(reply_->str, reply_->len);
  }
  [[nodiscard]] std::int64_t integer() const;  // also of a text that is one
  [[nodiscard]] std::size_t size() const {
    return reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
  }
  [[nodiscard]] Reply operator[](std::size_t i) const { return Reply(reply_->element[i]); }

 private:
  const redisReply* reply_;
};

// The replies to a request, in its order; none of them is an error.
class Replies {
 public:
  [[nodiscard]] Reply operator[](std::size_t i) const { return Reply(replies_[i].get()); }
  [[nodiscard]] std::size_t size() const { return replies_.size(); }

 private:
  friend class Connection;
  struct Free {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  std::vector<std::unique_ptr<redisReply, Free>> replies_;
};

// The text of a Lua script; one object per script, for as long as the program runs.
struct Script {
  const char* text;
};

// What became of a request whose connection broke is not known: whether it may be sent again.
enum class Again : std::uint8_t { kNo, kOnce };

struct Address {
  std::string host;
  int port = 6379;
  int database = 0;
  std::string user, password;
  [[nodiscard]] std::string shown() const { return host + ":" + std::to_string(port); }
};

// Error: invalid (`url`).
[[nodiscard]] Result<Address> parse_url(const std::string& url);

// Used by one thread at a time. Errors of all: unavailable (cannot be reached, no answer in time,
// or the server refuses for now), corrupt (a key holds something else than what we put there).
class Connection {
 public:
  // `patience`: of connecting, and of every wait for the server to take or to give something.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(
      const std::string& url, std::chrono::milliseconds patience = std::chrono::seconds(5));
  Connection(Address address, std::chrono::milliseconds patience)
      : address_(std::move(address)), patience_(patience) {}

  // False after a failure, until the next call connects anew.
  [[nodiscard]] bool is_open() const { return context_ != nullptr; }

  // Nothing of it changes the store: it is sent once more when an idle connection turns out to have
  // been closed.
  [[nodiscard]] Result<Replies> read(const Request& request) { return run(request, Again::kOnce); }
  [[nodiscard]] Result<Replies> write(const Request& request) { return run(request, Again::kNo); }
  // `arguments`: the number of keys, the keys, the arguments.
  [[nodiscard]] Result<Replies> run_script(const Script& script, const Arguments& arguments,
                                           Again again);
  [[nodiscard]] std::string name() const { return "redis at " + address_.shown(); }

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };

  [[nodiscard]] Result<Replies> run(const Request& request, Again again);
  // With error replies left in: the caller looks at them.
  [[nodiscard]] Result<Replies> exchange(const Request& request, Again again);
  [[nodiscard]] Status connect();
  [[nodiscard]] Status send(std::string_view bytes);
  [[nodiscard]] Result<Replies> receive(std::size_t count);
  [[nodiscard]] Error broken(const std::string& why);
  [[nodiscard]] Status check(const Replies& replies) const;
  [[nodiscard]] Error translated(std::string_view message) const;
  [[nodiscard]] Result<std::string> sha_of(const Script& script);

  Address address_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<redisContext, Close> context_;
  bool waited_in_vain_ = false;  // the last exchange
  std::unordered_map<const Script*, std::string> shas_;
};

}  // namespace cqrs::redis
