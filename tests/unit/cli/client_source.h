// What the tests of the load client share: a source of numbered requests that remembers how each
// ended, and a server to send them to.
#pragma once

#include "cli/load/pipeline_client.h"

#include "tests/unit/services/server_fixture.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace cqrs::load {

// Sends `/echo/<tag>`, or to another path, for tags 0..count-1.
struct Source {
  explicit Source(std::uint64_t n, std::string p = "/echo/") : count(n), path(std::move(p)) {}
  ClientCallbacks callbacks() {
    return {[this](Prepared& request) {
              if (sent == count) return false;
              request.tag = sent++;
              request.bytes = http::get(path + std::to_string(request.tag));
              return true;
            },
            [this](const Answer& answer) {
              ++reports[answer.tag];
              transports[answer.transport]++;
              if (answer.transport == Transport::kAnswered &&
                  answer.body != std::to_string(answer.tag)) {
                ++wrong;
              }
              if (on_answer) on_answer(answer);
            },
            [this] { return more.load(); }};
  }
  [[nodiscard]] bool each_reported_once() const {
    for (const auto& [tag, times] : reports) {
      if (times != 1) return false;
    }
    return reports.size() == sent;
  }

  std::uint64_t count;
  std::string path;
  std::uint64_t sent = 0;
  std::uint64_t wrong = 0;
  std::atomic<bool> more{false};
  std::map<std::uint64_t, int> reports;
  std::map<Transport, std::uint64_t> transports;
  std::function<void(const Answer&)> on_answer;
};

class PipelineClient : public http::HttpServerTest {
 protected:
  [[nodiscard]] ClientOptions options(std::size_t connections, std::size_t depth) const {
    ClientOptions options;
    options.endpoint = {"127.0.0.1", port()};
    options.connections = connections;
    options.depth = depth;
    return options;
  }
  std::atomic<bool> stop_{false};
};

}  // namespace cqrs::load
