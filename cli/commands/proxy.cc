#include "cli/commands/commands.h"
#include "cli/faults/proxy_control.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <unistd.h>

namespace cqrs {
namespace {

struct LinkWord {
  std::string server;
  ServerAddress to;
  std::uint16_t port = 0;  // 0: chosen
};

// SERVER=HOST:PORT, with @PORT behind it where the proxy shall listen.
Result<LinkWord> parse_link(const std::string& word) {
  const auto wrong = [&] {
    return invalid("--server", "--server: \"" + word.substr(0, 128) +
                                   "\" is not NAME=HOST:PORT or NAME=HOST:PORT@PORT");
  };
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return wrong();
  const auto at = std::min(word.rfind('@'), word.size());
  LinkWord link;
  link.server = word.substr(0, equals);
  auto to = address_in(word.substr(equals + 1, at - equals - 1));
  if (!to) return wrong();
  link.to = std::move(*to);
  if (at == word.size()) return link;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data() + at + 1, end, link.port);
  if (error != std::errc() || stop != end || link.port == 0) return wrong();
  return link;
}

Result<ProxyControl::Links> open_links(const std::vector<std::string>& words) {
  ProxyControl::Links links;
  for (const auto& word : words) {
    auto link = parse_link(word);
    if (!link) return link.error();
    if (links.contains(link->server)) {
      return invalid("--server", "--server: " + link->server + " is there twice");
    }
    auto proxy = FaultProxy::open(link->to, link->port);
    if (!proxy) return proxy.error();
    links.emplace(link->server, std::move(*proxy));
  }
  return links;
}

// One line for whoever started it.
void announce(int descriptor, const ProxyControl& control) {
  if (descriptor < 0) return;
  Json ports = Json::object();
  for (const auto& [server, proxy] : control.links()) ports[server] = proxy->port();
  const std::string line =
      Json{{"port", control.port()}, {"links", std::move(ports)}}.dump() + "\n";
  [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
  ::close(descriptor);
}

}  // namespace

ExitCode run_proxy(const ProxyOptions& options, Context& context) {
  auto links = open_links(options.servers);
  if (!links) return fail(context, links.error());
  auto control = ProxyControl::open(options.listen, std::move(*links));
  if (!control) return fail(context, control.error());
  for (const auto& [server, proxy] : (*control)->links()) {
    context.say(server + "   127.0.0.1:" + std::to_string(proxy->port()) + " -> " +
                proxy->server().host + ":" + std::to_string(proxy->server().port));
  }
  context.say("control   http://127.0.0.1:" + std::to_string((*control)->port()) +
              "/v1/links   until Ctrl-C");
  announce(options.ready_fd, **control);
  (*control)->serve(context.interrupted);
  return ExitCode::kDone;
}

void add_proxy(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "proxy", "Stand between programs and servers, and freeze, cut, delay or slow what passes");
  auto options = std::make_shared<ProxyOptions>();
  command
      ->add_option("--server", options->servers,
                   "NAME=HOST:PORT of a server, repeatable; @PORT behind it: where to listen")
      ->required();
  command->add_option("--listen", options->listen, "127.0.0.1:PORT of the control; 0: chosen")
      ->capture_default_str();
  command->add_option("--ready-fd", options->ready_fd,
                      "File descriptor that gets one line with the ports when it stands");
  command->footer(
      "Example: cqrsctl proxy --server postgres=127.0.0.1:5432@15432 --listen 127.0.0.1:9100\n"
      "         curl -X PUT -d '{\"delay_ms\":20}' http://127.0.0.1:9100/v1/links/postgres\n"
      "cqrsctl up --fault-proxy starts one for a system of the standard profile.");
  command->callback([options, &action] {
    action = [options](Context& context) { return run_proxy(*options, context); };
  });
}

}  // namespace cqrs
