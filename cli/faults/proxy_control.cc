#include "cli/faults/proxy_control.h"

#include "cli/faults/link_json.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cqrs {
namespace {

constexpr std::size_t kMostBytes = 16'384;
constexpr int kPollMs = 50;
constexpr std::string_view kLinks = "/v1/links";

struct Request {
  std::string method, target, body;
};

// Nothing: it broke off, took too long or is too large.
bool read_request(int connection, Request& request) {
  const timeval patience{5, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text;
  std::size_t head = std::string::npos;
  std::size_t length = 0;
  while (head == std::string::npos || text.size() < head + 4 + length) {
    std::array<char, 4096> bytes;
    const auto got = ::recv(connection, bytes.data(), bytes.size(), 0);
    if (got <= 0 || text.size() > kMostBytes) return false;
    text.append(bytes.data(), static_cast<std::size_t>(got));
    if (head != std::string::npos) continue;
    head = text.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    for (const char* name : {"\r\nContent-Length:", "\r\ncontent-length:"}) {
      const auto at = text.find(name);
      if (at < head) length = std::strtoull(text.c_str() + at + std::strlen(name), nullptr, 10);
    }
    if (length > kMostBytes) return false;
  }
  const auto first = text.find(' ');
  const auto second = text.find(' ', first + 1);
  if (second == std::string::npos || second > head) return false;
  request = {text.substr(0, first), text.substr(first + 1, second - first - 1),
             text.substr(head + 4, length)};
  return true;
}

void send_answer(int connection, const ProxyControl::Answer& answer) {
  const char* reason = answer.status == 200   ? "OK"
                       : answer.status == 404 ? "Not Found"
                       : answer.status == 405 ? "Method Not Allowed"
                                              : "Unprocessable Content";
  const std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason +
                           "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                           "Content-Length: " +
                           std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
  for (std::size_t sent = 0; sent < text.size();) {
    const auto count = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

Json json_of_link(const std::string& server, const FaultProxy& proxy) {
  return {{"server", server},
          {"to", proxy.server().host + ":" + std::to_string(proxy.server().port)},
          {"port", proxy.port()},
          {"connections", proxy.connections()},
          {"faults", json_of(proxy.faults())}};
}

ProxyControl::Answer problem(int status, const std::string& detail) {
  return {status, Json{{"status", status}, {"detail", detail}}.dump() + "\n"};
}

}  // namespace

Result<std::unique_ptr<ProxyControl>> ProxyControl::open(const std::string& listen, Links links) {
  auto address = address_in(listen == "127.0.0.1:0" ? "127.0.0.1:1" : listen);
  if (!address || address->host != "127.0.0.1") {
    return invalid("--listen",
                   "--listen must be 127.0.0.1:PORT: whoever reaches it can break the "
                   "system");
  }
  std::unique_ptr<ProxyControl> control(new ProxyControl(std::move(links)));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sin_port = htons(listen == "127.0.0.1:0" ? std::uint16_t{0} : address->port);
  socklen_t size = sizeof local;
  control->listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(control->listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (control->listener_ < 0 ||
      ::bind(control->listener_, reinterpret_cast<sockaddr*>(&local), size) != 0 ||
      ::listen(control->listener_, 16) != 0 ||
      ::getsockname(control->listener_, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return make_error(ErrorCode::kUnavailable,
                      "cannot listen on " + listen + ": " + std::strerror(errno));
  }
  control->port_ = ntohs(local.sin_port);
  return control;
}

ProxyControl::~ProxyControl() {
  if (listener_ >= 0) ::close(listener_);
}

void ProxyControl::serve(const std::atomic<bool>& stop) {
  while (!stop) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve_one(connection);
    ::close(connection);
  }
}

void ProxyControl::serve_one(int connection) {
  Request request;
  if (!read_request(connection, request)) return;
  send_answer(connection, answer(request.method, request.target, request.body));
}

ProxyControl::Answer ProxyControl::answer(const std::string& method, const std::string& target,
                                          const std::string& body) {
  if (target == "/readyz" || target == "/healthz") return {200, "{\"ready\":true}\n"};
  if (target == kLinks && method == "GET") {
    Json links = Json::array();
    for (const auto& [server, proxy] : links_) links.push_back(json_of_link(server, *proxy));
    return {200, Json{{"links", std::move(links)}}.dump() + "\n"};
  }
  if (!target.starts_with(kLinks) || target.size() < kLinks.size() + 2) {
    return problem(404, "there is no " + target);
  }
  if (method != "PUT" && method != "GET") return problem(405, "a link is read or put");
  const auto found = links_.find(target.substr(kLinks.size() + 1));
  if (found == links_.end()) return problem(404, "there is no link to that server");
  FaultProxy& proxy = *found->second;
  if (method == "PUT") {
    Json tree = Json::parse(body, nullptr, false);
    bool reset = false;
    if (tree.is_object() && tree.contains("reset")) {
      if (!tree.at("reset").is_boolean()) return problem(422, "reset must be true or false");
      reset = tree.at("reset").get<bool>();
      tree.erase("reset");
    }
    auto faults = link_faults_of(tree);
    if (!faults) return problem(422, faults.error().message);
    proxy.set(*faults);
    if (reset) proxy.reset(faults->refused);
  }
  return {200, json_of_link(found->first, proxy).dump() + "\n"};
}

}  // namespace cqrs
