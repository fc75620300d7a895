#include "cli/output/units.h"
#include "cli/report/page.h"
#include "cli/report/run_figures.h"
#include "cli/report/run_page.h"

namespace cqrs {
namespace {

std::string head_of(const RunRecord& record) {
  std::string out = "<h1>" + escaped(record.title) + "</h1>" + verdict_badge(record.verdict);
  out += "<p class=\"headline\">" + escaped(record.headline) + "</p>";
  std::string line = record.started_at + ", " + seconds_text(record.elapsed_s);
  line += record.warmup_s > 0
              ? " with a warm-up of " + seconds_text(record.warmup_s) + " that is in no figure"
              : " without warm-up";
  line += ", " + record.model + " model, " + record.profile + " profile at " + record.target +
          ", seed " + std::to_string(record.seed);
  if (const auto shards = shard_text(record); !shards.empty()) line += ", " + shards;
  out += "<p class=\"soft\">" + escaped(line) + "</p>\n";
  if (const auto notice = model_notice(record); !notice.empty()) {
    out += "<p class=\"notice\">" + escaped(notice) + "</p>\n";
  }
  return out;
}

// What it cost: small print, but asked for at once when two runs are compared.
ReportSection cost_section(const RunRecord& record) {
  const auto milli = [](double micros) { return micros_text(std::llround(micros)); };
  ReportSection section{"Cost and visibility", {}, {}, {}};
  section.facts.emplace_back("visible", visible_text(record));
  if (record.system_cpu_s > 0) {
    section.facts.emplace_back("system", milli(system_cpu_us(record)) +
                                             " of processor time per operation, " +
                                             bytes_text(record.system_rss) + " of memory at most");
  }
  section.facts.emplace_back("client", milli(client_cpu_us(record)) +
                                           " of processor time per operation, " +
                                           bytes_text(record.client_rss) + " of memory at most");
  section.facts.emplace_back("errors", errors_text(record));
  if (record.substituted > 0) {
    section.facts.emplace_back("substituted",
                               grouped(static_cast<std::int64_t>(record.substituted)) +
                                   " creations sent because there was nothing to act on");
  }
  return section;
}

}  // namespace

std::string html_of(const RunRecord& record) {
  std::string out = page_head(record.title + ": " + record.verdict) + "<main class=\"wide\">";
  out += head_of(record) + tiles_of(record);
  out += thresholds_section(record);
  if (!record.checks.empty()) out += checks_section(record.checks);
  out += timeline_section(record);
  out += faults_section(record);
  out += spectrum_section(record);
  out += hops_section(record);
  out += operations_section(record);
  out += mismatches_section(record);
  out += section_of(cost_section(record));
  for (const auto& section : record.sections) out += section_of(section);
  out += repeat_section(record) + caveats_section(record.caveats);
  out += "<footer>Made by cqrsctl " + std::string(CQRS_VERSION) +
         ". The same figures are in report.json, every second in timeseries.jsonl, the "
         "distributions in histograms.hlog and latency.hgrm.</footer></main><script>" +
         std::string(plot_script()) + "</script>";
  return out + page_end();
}

}  // namespace cqrs
