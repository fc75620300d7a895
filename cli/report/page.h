// What the HTML reports share: the stylesheet, escaping, tables, the script of the plots.
#pragma once

#include "cli/report/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

// For text and attributes, of HTML and of XML 1.0, which has no control characters.
[[nodiscard]] std::string escaped(std::string_view text);

// The page up to the first section, and its end. `title` is escaped here.
[[nodiscard]] std::string page_head(std::string_view title);
[[nodiscard]] std::string page_end();
[[nodiscard]] std::string verdict_badge(std::string_view verdict);

// A section with its facts and its table; cells are text.
[[nodiscard]] std::string section_of(const ReportSection& section);
[[nodiscard]] std::string checks_section(const std::vector<ReportCheck>& checks);
[[nodiscard]] std::string caveats_section(const std::vector<std::string>& caveats);

// Crosshairs over the plots of figure_of(); without it everything but those is there.
[[nodiscard]] std::string_view plot_script();

}  // namespace cqrs
