// A client that sends exactly the bytes a test wants and reads answers one by one. Every wait ends
// after ten seconds with what came until then, so that a hanging server fails a test by its
// content.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace cqrs::http {

struct RawResponse {
  int status = 0;  // 0: the connection ended or timed out before a whole answer
  std::string head;
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int one = 1;  // what a test sends in pieces shall arrive in pieces
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // False when the server has cut the connection meanwhile.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  RawResponse read(bool head_request = false) {
    RawResponse response;
    std::size_t end = 0;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return response;
    }
    response.head = held_.substr(0, end + 4);
    held_.erase(0, end + 4);
    const std::string length = response.header("Content-Length");
    const std::size_t size = head_request || length.empty() ? 0 : std::stoul(length);
    while (held_.size() < size) {
      if (!receive()) return response;
    }
    response.body = held_.substr(0, size);
    held_.erase(0, size);
    response.status = std::atoi(response.head.c_str() + std::string_view("HTTP/1.1 ").size());
    return response;
  }
  RawResponse ask(std::string_view text) {
    send(text);
    return read();
  }
  // Whether the server ends the connection in order (no reset) with nothing further said.
  [[nodiscard]] bool closed_by_server() {
    char byte = 0;
    return held_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
  }

 private:
  bool receive() {
    char piece[64 * 1024];
    const ssize_t size = ::recv(socket_, piece, sizeof piece, 0);
    if (size <= 0) return false;
    held_.append(piece, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string held_;
};

inline std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}
inline std::string post(const std::string& target, const std::string& body,
                        const std::string& headers = "") {
  return "POST " + target +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace cqrs::http
