// The small HTTP server by which a running fault proxy is told what to do, on loopback:
//
//   GET  /readyz            200
//   GET  /v1/links          {"links":[{"server","to","port","connections","faults":{…}}]}
//   PUT  /v1/links/SERVER   a body as json_of(LinkFaults), and "reset": true to end what is
//                           connected: 200 with the link, 404, 422
//
// One request per connection and one after the other: it is for a handful of them.
#pragma once

#include "cli/faults/fault_proxy.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace cqrs {

class ProxyControl {
 public:
  using Links = std::map<std::string, std::unique_ptr<FaultProxy>>;  // by server

  // `listen`: 127.0.0.1:PORT, 0: chosen. Errors: invalid (not loopback), unavailable.
  [[nodiscard]] static Result<std::unique_ptr<ProxyControl>> open(const std::string& listen,
                                                                  Links links);
  ProxyControl(const ProxyControl&) = delete;
  ProxyControl& operator=(const ProxyControl&) = delete;
  ~ProxyControl();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const Links& links() const { return links_; }
  // Until `stop`.
  void serve(const std::atomic<bool>& stop);

  struct Answer {
    int status = 200;
    std::string body;
  };
  // What a request is answered, whoever sent it.
  [[nodiscard]] Answer answer(const std::string& method, const std::string& target,
                              const std::string& body);

 private:
  explicit ProxyControl(Links links) : links_(std::move(links)) {}
  void serve_one(int connection);

  Links links_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace cqrs
