// What the commands about connectors share.
#pragma once

#include "core/log/capture.h"

#include "cli/commands/commands.h"

#include <memory>
#include <ostream>
#include <string>

namespace cqrs {

// {name, state, outdated, trouble}.
[[nodiscard]] Json json_of(const std::string& name, const ConnectorLook& look);
void print(const std::string& name, const ConnectorLook& look, std::ostream& out);

// `cqrsctl connector sink` and what is below it.
void add_connector_sink(CLI::App& connector, const std::shared_ptr<ConnectorOptions>& options);
[[nodiscard]] Result<ExitCode> run_connector_sink(const ConnectorOptions& options,
                                                  Context& context);

}  // namespace cqrs
