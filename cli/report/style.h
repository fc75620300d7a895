// The stylesheet of all HTML reports.
#pragma once

#include <string_view>

namespace cqrs {

[[nodiscard]] std::string_view report_style();

}  // namespace cqrs
