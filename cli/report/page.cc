#include "cli/report/page.h"

#include "cli/report/style.h"

namespace cqrs {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      // XML 1.0 has no other control characters.
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string page_head(std::string_view title) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
  out += "<title>" + escaped(title) + "</title>";
  return out + "<style>" + std::string(report_style()) + "</style></head><body>";
}

std::string page_end() { return "</body></html>\n"; }

std::string verdict_badge(std::string_view verdict) {
  const std::string text = escaped(verdict);
  return "<span class=\"verdict " + text + "\">" + text + "</span>";
}

std::string checks_section(const std::vector<ReportCheck>& checks) {
  std::string out =
      "<section><h2>Checks</h2><table class=\"checks\"><tr><th>check</th><th>result</th>"
      "<th>observed</th></tr>";
  for (const auto& check : checks) {
    out += "<tr><td>" + escaped(check.name) + "</td><td class=\"mark " +
           (check.ok ? "pass\">&#10003; ok" : "fail\">&#10007; failed") + "</td><td>" +
           escaped(check.detail) + "</td></tr>";
  }
  return out + "</table></section>\n";
}

std::string section_of(const ReportSection& section) {
  std::string out = "<section><h2>" + escaped(section.title) + "</h2>";
  if (!section.facts.empty()) {
    out += "<table class=\"facts\">";
    for (const auto& [name, value] : section.facts) {
      out += "<tr><th>" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>";
    }
    out += "</table>";
  }
  if (!section.columns.empty()) {
    out += "<table><tr>";
    for (const auto& column : section.columns) out += "<th>" + escaped(column) + "</th>";
    out += "</tr>";
    for (const auto& row : section.rows) {
      out += "<tr>";
      for (const auto& value : row) out += "<td>" + escaped(value) + "</td>";
      out += "</tr>";
    }
    out += "</table>";
  }
  return out + "</section>\n";
}

std::string caveats_section(const std::vector<std::string>& caveats) {
  if (caveats.empty()) return {};
  std::string out = "<section><h2>Caveats</h2><ul>";
  for (const auto& caveat : caveats) out += "<li>" + escaped(caveat) + "</li>";
  return out + "</ul></section>\n";
}

std::string_view plot_script() {
  return R"js(
(() => {
  const short = x => String(+x.toPrecision(3));
  const scaled = (v, steps) => {
    for (const [least, unit] of steps) if (v >= least) return short(v / least) + unit;
    return short(v);
  };
  const grouped = v => v >= 1000 ? Math.round(v).toLocaleString("en") : short(v);
  const text = {
    "/s": v => grouped(v) + "/s", "": grouped, "cores": short, "%": v => short(v * 100) + " %",
    "us": v => scaled(v, [[1e6, " s"], [1e3, " ms"], [1, " us"]]),
    "s": v => v < 1 ? short(v * 1e3) + " ms" : short(v) + " s",
    "B": v => scaled(v, [[1e9, " GB"], [1e6, " MB"], [1e3, " kB"]]),
  };
  const places = {
    time: x => { const s = Math.floor(x), m = Math.floor(s / 60), h = Math.floor(m / 60);
      const two = n => String(n).padStart(2, "0");
      return "at " + (s < 120 ? short(x) + " s"
        : (h ? h + ":" + two(m % 60) : m) + ":" + two(s % 60) + (h ? " h" : " min")); },
    nines: x => "percentile " + +(100 * (1 - 10 ** -x)).toFixed(Math.max(1, Math.ceil(x))) + " %",
  };
  const plots = [...document.querySelectorAll(".plot")].map(figure => ({
    figure, axis: figure.dataset.axis, area: figure.querySelector(".area"),
    cross: figure.querySelector(".cross"), outputs: figure.querySelectorAll("output"),
    now: figure.closest("section").querySelector(".now"),
    ...JSON.parse(figure.querySelector("script").textContent) }));
  const nearest = (xs, x) => {
    let low = 0, high = xs.length - 1;
    while (high - low > 1) { const middle = (low + high) >> 1; xs[middle] < x ? low = middle : high = middle; }
    return Math.abs(xs[low] - x) < Math.abs(xs[high] - x) ? low : high;
  };
  const show = (axis, share) => {
    for (const plot of plots) {
      if (plot.axis !== axis) continue;
      plot.cross.style.display = share === null ? "none" : "block";
      plot.cross.style.left = (share ?? 0) * 100 + "%";
      plot.lines.forEach((line, i) => {
        const x = share * plot.high;
        const at = share === null || !line.x.length ? -1 : nearest(line.x, x);
        const near = at >= 0 && Math.abs(line.x[at] - x) <= plot.high / 40;
        plot.outputs[i].textContent = near ? text[plot.unit](line.y[at]) : "";
      });
      if (plot.now) plot.now.textContent = share === null ? "" : places[axis](share * plot.high);
    }
  };
  for (const plot of plots) {
    plot.area.addEventListener("pointermove", event => {
      const box = plot.area.getBoundingClientRect();
      show(plot.axis, Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    });
    plot.area.addEventListener("pointerleave", () => show(plot.axis, null));
  }
})();
)js";
}

}  // namespace cqrs
