#include "cli/context.h"

namespace cqrs {

ExitCode fail(const Context& context, const Error& error) {
  return fail(context, error, exit_code_of(error));
}

ExitCode fail(const Context& context, const Error& error, ExitCode code) {
  context.err << "cqrsctl: " << error.message << "\n" << std::flush;
  if (context.json()) {
    // The way out stands behind the last colon of a message, by convention of this code base.
    const auto colon = error.message.rfind(": ");
    const Json body{{"error",
                     {{"code", code_name(error.code)},
                      {"message", error.message},
                      {"hint", colon == std::string::npos ? "cqrsctl --help"
                                                          : error.message.substr(colon + 2)}}}};
    context.out << body.dump() << "\n" << std::flush;
  }
  return code;
}

}  // namespace cqrs
