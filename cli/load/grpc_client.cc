#include "cli/load/grpc_client.h"

#include "cli/load/connection_supply.h"
#include "cli/load/exchange_link.h"

#include <memory>
#include <utility>

namespace cqrs::load {
namespace {

bool only_reads(std::string_view request) {
  return request.starts_with("GET ") || request.starts_with("HEAD ");
}

class ExchangeSupply final : public ConnectionSupply {
 public:
  ExchangeSupply(const GrpcOptions& options, ClientRun& run)
      : options_(options),
        run_(run),
        command_("command", options.command, options.timeout, run),
        query_("query", options.query, options.timeout, run) {}

  void start() override {
    command_.start();
    query_.start();
  }

  void supply(SteadyTime /*now*/, bool /*woke*/) override {
    // Not before both have served: a run that cannot reach them sends nothing.
    if (!command_.was_serving() || !query_.was_serving()) return;
    while (run_.open_requests() < options_.in_flight && run_.pull(scratch_)) {
      (only_reads(scratch_.bytes) ? query_ : command_).add(std::move(scratch_));
      scratch_ = {};
    }
    command_.pump();
    query_.pump();
  }

  void check_time(SteadyTime now) override {
    command_.check_time(now);
    query_.check_time(now);
  }
  void abandon() override {
    command_.abandon();
    query_.abandon();
  }

  // There are no connections of HTTP/1.1.
  void ready(ClientConnection& /*connection*/) override {}
  bool connect_failed(ClientConnection& /*connection*/, bool /*ever_up*/) override { return false; }
  void disconnected(ClientConnection& /*connection*/) override {}
  void give_back(Prepared&& /*request*/) override {}

 private:
  const GrpcOptions options_;
  ClientRun& run_;
  ExchangeLink command_;
  ExchangeLink query_;
  Prepared scratch_;
};

}  // namespace

Status run_grpc_client(const GrpcOptions& options, const ClientCallbacks& callbacks,
                       const std::atomic<bool>& stop) {
  ClientOptions client;
  client.endpoint = options.command;
  client.timeout = options.timeout;
  return run_with(client, callbacks, stop,
                  [&](ClientRun& run) -> std::unique_ptr<ConnectionSupply> {
                    return std::make_unique<ExchangeSupply>(options, run);
                  });
}

}  // namespace cqrs::load
