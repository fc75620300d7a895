// A Redis server that a test may kill, empty and misconfigure, and a plain client for what our own
// adapter never does.
#pragma once

#include "tests/support/temp_dir.h"

#include <hiredis/hiredis.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cqrs::support {

// One reply as text: integers in digits, nothing as "", lists joined by blanks. Ends the test
// program when the server cannot be reached.
class PlainClient {
 public:
  explicit PlainClient(const std::string& url);
  std::string operator()(const std::vector<std::string>& command);
  std::vector<std::string> list(const std::vector<std::string>& command);
  // Every key that begins with `prefix`, with its content in a form that equals itself only.
  std::map<std::string, std::string> dump(const std::string& prefix);

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  std::unique_ptr<redisReply, Free> ask(const std::vector<std::string>& command);
  std::unique_ptr<redisContext, Free> context_;
};

// On a port of its own, with an append-only file that is synced every second.
class RedisServer {
 public:
  RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  void start();  // returns when it answers
  void kill();   // SIGKILL
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string operator()(const std::vector<std::string>& command) {
    return PlainClient(url())(command);
  }

 private:
  TempDir dir_;
  int port_ = 0;
  int pid_ = -1;
};

}  // namespace cqrs::support
