// The one stylesheet of all reports: light and dark, on paper, from a phone to a wide screen. The
// colours of lines are those of Okabe and Ito, which people with any colour vision can tell apart;
// dashes and order tell them apart without colour.
#include "cli/report/style.h"

namespace cqrs {

std::string_view report_style() {
  return R"css(
:root { color-scheme: light dark; --ink: #1a1f2b; --soft: #566072; --line: #d9dee7; --page: #f4f6f9;
  --card: #fff; --good: #13733c; --bad: #b3261e; --warn: #8a5a00; --grid: #e6eaf0;
  --b1: #0072b2; --b2: #c8500a; --b3: #00875f; --b4: #9a3f86; --b5: #6b7484; --b6: #b38600;
  --phase: #0072b20f; --warmup: #6b74842b; --fault: #6b4fc926; --mark: #6b4fc9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a2acbd; --line: #313846;
  --page: #101319; --card: #1a1f28; --good: #5bd38a; --bad: #ff8a80; --warn: #ffc266; --grid: #272d39;
  --b1: #5cb8f5; --b2: #ff9c5a; --b3: #3fd0a0; --b4: #e391cd; --b5: #98a2b3; --b6: #ecc94b;
  --phase: #5cb8f514; --warmup: #98a2b333; --fault: #b3a1ff2e; --mark: #b3a1ff; } }
@media print { :root { color-scheme: light; --page: #fff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
main.wide { max-width: 74rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .35rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600;
  border: 1.5px solid currentColor; text-transform: uppercase; letter-spacing: .04em; font-size: .85rem; }
.pass { color: var(--good); } .fail { color: var(--bad); }
.inconclusive, .invalid { color: var(--warn); }
.headline { font-size: 1.1rem; margin: .75rem 0; max-width: 50rem; } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1.1rem; margin-top: 1rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 500; }
tr:last-child > * { border-bottom: 0; }
td { overflow-wrap: break-word; } .facts td { overflow-wrap: anywhere; } .facts th { width: 9rem; } .checks td:first-child { min-width: 8rem; }
.checks code { overflow-wrap: break-word; } .tight { white-space: nowrap; }
table.numbers th:not(:first-child), table.numbers td:not(:first-child) { text-align: right;
  white-space: nowrap; padding: .35rem 0 .35rem .9rem; }
table.numbers th:first-child, table.numbers td:first-child { white-space: nowrap; }
table + table, table + p, p + table { margin-top: .75rem; }
code, pre { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: 0; } summary { cursor: pointer; color: var(--soft); }
.mark { font-weight: 600; white-space: nowrap; }
.notice { border-left: 4px solid var(--warn); padding: .5rem .9rem; margin: .75rem 0 0;
  background: var(--card); border-radius: .3rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.2rem, 1fr)); gap: .75rem;
  margin-top: 1rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem .9rem .75rem; } .tile.broad { grid-column: span 2; }
.tile h3 { margin: 0; font-size: .82rem; font-weight: 500; color: var(--soft); }
.tile p { margin: 0; font-size: .88rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.tile p.big { font-size: 1.35rem; line-height: 1.35; white-space: nowrap; font-weight: 600; color: var(--ink); }
.tile.broad p.big { white-space: normal; } .tile p.big small { font-size: .95rem; font-weight: 400; color: var(--soft); }
.tile p.big.fail { color: var(--bad); } .tile p.big.pass { color: var(--good); }
.plots { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.1rem 2rem; }
.plot { margin: 0; } .plot figcaption { padding-left: 3.6rem; margin-bottom: .35rem;
  font-size: .88rem; line-height: 1.4; }
.keys { display: block; font-size: .82rem; } .key { margin-right: .9rem; white-space: nowrap; }
.key i { display: inline-block; width: 1.1em; border-top: 2.5px solid var(--c); margin-right: .35em;
  vertical-align: .28em; } .key.dashed i { border-top-style: dashed; }
.key output { font-weight: 600; font-variant-numeric: tabular-nums; }
.frame { position: relative; padding: 0 0 1.3rem 3.6rem; font-size: .75rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.area { position: relative; height: 8rem; border-left: 1px solid var(--line); }
.wide > .frame .area { height: 11rem; }
.area svg { display: block; width: 100%; height: 100%; overflow: visible; }
.ys { position: absolute; left: 0; top: 0; bottom: 1.3rem; width: 3.3rem; }
.ys span { position: absolute; right: 0; transform: translateY(50%); white-space: nowrap; line-height: 1; }
.xs { position: absolute; left: 3.6rem; right: 0; bottom: 0; height: 1.1rem; }
.xs span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.xs .first { transform: none; } .xs .last { transform: translateX(-100%); }
.grid { stroke: var(--grid); fill: none; vector-effect: non-scaling-stroke; }
.line { fill: none; stroke: var(--c); stroke-width: 1.7; vector-effect: non-scaling-stroke;
  stroke-linejoin: round; stroke-linecap: round; }
.line.dashed { stroke-dasharray: 5 4; } .line.thin { stroke-width: 1; }
.c1 { --c: var(--b1); } .c2 { --c: var(--b2); } .c3 { --c: var(--b3); } .c4 { --c: var(--b4); }
.c5 { --c: var(--b5); } .c6 { --c: var(--b6); }
.phase { fill: var(--phase); } .warmup { fill: var(--warmup); } .fault { fill: var(--fault); }
path.fault { stroke: var(--mark); stroke-width: 1.4; vector-effect: non-scaling-stroke; fill: none; }
.cross { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink); opacity: .55;
  display: none; pointer-events: none; }
.lane { position: relative; margin: 0 0 .3rem 3.6rem; font-size: .78rem; }
.lane span { position: absolute; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lane .name { color: var(--soft); border-left: 1px solid var(--line); padding-left: .3rem; height: 1.2rem; }
.badge { display: inline-block; min-width: 1.25rem; height: 1.25rem; line-height: 1.25rem;
  border-radius: .65rem; text-align: center; font-size: .75rem; font-weight: 600; color: var(--card);
  background: var(--mark); padding: 0 .3rem; }
.lane .badge { transform: translateX(-50%); }
.now { min-height: 1.3rem; text-align: right; color: var(--soft); font-size: .82rem;
  font-variant-numeric: tabular-nums; }
.hops { display: flex; height: 1.5rem; border-radius: .3rem; overflow: hidden; margin-bottom: .75rem; }
.hops div { background: var(--c); min-width: 2px; border-right: 1px solid var(--card); }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: .15em; background: var(--c);
  margin-right: .45em; vertical-align: -.05em; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
@media (min-width: 58rem) { .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plots .wide { grid-column: 1 / -1; } }
@media (max-width: 40rem) { main { padding: 1rem .6rem 3rem; } section { padding: .8rem .75rem; }
  .xs .minor { display: none; } .facts th { width: 6.5rem; } .tiles { gap: .5rem;
  grid-template-columns: repeat(2, minmax(0, 1fr)); } .tile { padding: .55rem .7rem; }
  .tile p.big { font-size: 1.25rem; } .plot figcaption, .lane { padding-left: 0; }
  .plot figcaption { margin-left: 0; } .frame { padding-left: 3rem; } .xs { left: 3rem; }
  .ys { width: 2.75rem; } .lane { margin-left: 3rem; } }
@media print { body { font-size: 12px; } section { break-inside: avoid; overflow: visible; }
  section.long { break-inside: auto; } .plot, tr { break-inside: avoid; } main.wide { max-width: none; }
  .now { display: none; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)css";
}

}  // namespace cqrs
