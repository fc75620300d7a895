#include "services/chassis/rpc_client.h"

#include "services/chassis/rpc_peer.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace cqrs {
namespace {

bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         port.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::shared_ptr<rpc::RpcThread> start_rpc_thread() {
  auto thread = std::make_shared<rpc::RpcThread>(std::make_unique<grpc::CompletionQueue>());
  thread->start();
  return thread;
}

Result<std::unique_ptr<RpcPeer>> start_rpc_peer(const RpcPeerOptions& options) {
  std::vector<std::string> addresses;
  for (std::string_view rest = options.addresses;;) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::string_view address = rest.substr(0, comma);
    if (!is_address(address)) {
      return invalid("peers", "\"" + std::string(address) + "\" is no address of the " +
                                  options.role + " role: say HOST:PORT[,HOST:PORT...]");
    }
    addresses.emplace_back(address);
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  auto thread = options.thread ? options.thread : start_rpc_thread();
  return std::unique_ptr<RpcPeer>(
      std::make_unique<rpc::Peer>(options, std::move(addresses), std::move(thread)));
}

}  // namespace cqrs
