// Whether a text is well-formed XML, as far as our reports go: tags that nest, quoted attributes,
// no stray markup. Not a parser: no DTD, CDATA or namespaces.
#pragma once

#include <string>
#include <string_view>

namespace cqrs::e2e {

// Empty when it is; else what is wrong, and where.
[[nodiscard]] std::string xml_problem(std::string_view text);

}  // namespace cqrs::e2e
