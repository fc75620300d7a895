#include "tests/adapters/redis/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cqrs::support {
namespace {

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, plain, size) != 0 || ::getsockname(fd, plain, &size) != 0) std::abort();
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string text_of(const redisReply* reply) {
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  if (reply->type != REDIS_REPLY_ARRAY) {
    return reply->str == nullptr ? "" : std::string(reply->str, reply->len);
  }
  std::string text;
  for (std::size_t i = 0; i < reply->elements; ++i) {
    text += (i == 0 ? "" : " ") + text_of(reply->element[i]);
  }
  return text;
}

bool answers(int port) {
  redisContext* context = redisConnect("127.0.0.1", port);
  bool good = context != nullptr && context->err == 0;
  if (good) {
    auto* reply = static_cast<redisReply*>(redisCommand(context, "PING"));
    good = reply != nullptr && text_of(reply) == "PONG";  // not while it loads its files
    if (reply != nullptr) freeReplyObject(reply);
  }
  redisFree(context);
  return good;
}

}  // namespace

PlainClient::PlainClient(const std::string& url) {
  const auto colon = url.rfind(':');
  const auto slashes = url.find("//") + 2;
  context_.reset(redisConnect(url.substr(slashes, colon - slashes).c_str(),
                              std::atoi(url.c_str() + colon + 1)));
  if (context_ == nullptr || context_->err != 0) {
    ADD_FAILURE() << url << " cannot be reached";
    std::abort();
  }
}

std::unique_ptr<redisReply, PlainClient::Free> PlainClient::ask(
    const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const auto& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* reply =
      redisCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(), sizes.data());
  if (reply == nullptr) {
    ADD_FAILURE() << command.front() << ": " << context_->errstr;
    std::abort();
  }
  return std::unique_ptr<redisReply, Free>(static_cast<redisReply*>(reply));
}

std::string PlainClient::operator()(const std::vector<std::string>& command) {
  return text_of(ask(command).get());
}

std::vector<std::string> PlainClient::list(const std::vector<std::string>& command) {
  const auto reply = ask(command);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < reply->elements; ++i) all.push_back(text_of(reply->element[i]));
  return all;
}

std::map<std::string, std::string> PlainClient::dump(const std::string& prefix) {
  std::map<std::string, std::string> all;
  for (const auto& key : list({"KEYS", prefix + "*"})) all[key] = (*this)({"DUMP", key});
  return all;
}

RedisServer::RedisServer() : port_(free_port()) { start(); }

RedisServer::~RedisServer() { kill(); }

void RedisServer::start() {
  const std::string port = std::to_string(port_);
  const std::string log = dir_.file("log");
  std::vector<std::string> words{
      "redis-server", "--port",        port,       "--bind",    "127.0.0.1",
      "--dir",        dir_.path(),     "--save",   "",          "--appendonly",
      "yes",          "--appendfsync", "everysec", "--logfile", log};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0) {
    ADD_FAILURE() << "redis-server cannot be started: install it with scripts/setup";
    std::abort();
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!answers(port_)) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "redis-server does not answer: " << log;
      std::abort();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace cqrs::support
