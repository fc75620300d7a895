"""One measured line, what is said of it, and the table in docs/benchmarks.md. Pure: no programs run."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"


@dataclass
class Line:
    what: str
    unit: str  # "/s", "s", "ms", "MB", "B", "us" or "" for ratios
    command: str
    target: float | None = None  # None: told, not judged
    at_most: bool = False  # whether smaller is better
    samples: list[float] = field(default_factory=list)
    note: str = ""  # instead of samples: why there are none

    def median(self) -> float:
        return statistics.median(self.samples)

    def verdict(self) -> str:
        if not self.samples:
            return self.note or "not measured"
        if self.target is None:
            return ""
        met = self.median() <= self.target if self.at_most else self.median() >= self.target
        return "reached" if met else "short"

    def to_json(self) -> dict:
        out = asdict(self) | {"verdict": self.verdict()}
        if self.samples:
            out |= {"median": self.median(), "min": min(self.samples), "max": max(self.samples)}
        return out


def number(value: float, unit: str) -> str:
    if unit == "/s" or abs(value) >= 1000:
        text = f"{value:,.0f}"
    elif abs(value) >= 100:
        text = f"{value:.0f}"
    elif unit == "" or abs(value) < 10:
        text = f"{value:.2f}"
    else:
        text = f"{value:.1f}"
    return text + unit if unit in ("", "/s") else f"{text} {unit}"


def measured(line: Line) -> str:
    if not line.samples:
        return "—"
    middle = number(line.median(), line.unit)
    if len(line.samples) == 1:
        return middle
    return f"**{middle}** [{number(min(line.samples), line.unit)} … {number(max(line.samples), line.unit)}]"


def target_text(line: Line) -> str:
    if line.target is None:
        return ""
    return ("at most " if line.at_most else "") + number(line.target, line.unit)


def split_text(split: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {value:.1f}" for name, value in split.items() if name != "total")
    return f"{parts}: together {split.get('total', 0):.1f} us"


def table(lines: list[Line]) -> str:
    rows = ["| what | reach | median [least … most] | verdict | measured by |", "|---|---|---|---|---|"]
    rows += [
        f"| {line.what} | {target_text(line)} | {measured(line)} | {line.verdict()} | `{line.command}` |"
        for line in lines
    ]
    return "\n".join(rows)


def document(tables: dict[str, list[Line]], host: dict, split: dict[str, float], limit: str) -> str:
    """What stands between the markers; the tables by what they are about."""
    sync = host["fdatasync_ms"]
    facts = [
        f"{host['date']}, revision {host['revision']}, {host['runs']} runs of each row.",
        f"{host['processors']} processors ({host['cpu']}), {host['memory_gib']} GiB, Linux {host['kernel']};",
        f"data on {host['disk']}, fdatasync {sync['median']} ms (p99 {sync['p99']} ms);",
        f"load average {host['load_before']} before, {host['load_after']} after.",
    ]
    text = "\n".join(facts) + "\n"
    for title, lines in tables.items():
        text += f"\n### {title}\n\n{table(lines)}\n"
    if split:
        text += f"\nEmbedded, processor time per entity of the seed, by part: {split_text(split)}.\n"
    if limit:
        text += f"\nIts limit, as `cqrsctl ceilings` sees it: {limit}.\n"
    return text


def replaced(page: str, content: str) -> str:
    """`page` with everything between its markers replaced. ValueError when they are not there."""
    begin = page.index(BEGIN) + len(BEGIN)
    end = page.index(END, begin)
    return f"{page[:begin]}\n\n{content.strip()}\n\n{page[end:]}"


def self_test() -> list[str]:
    rate = Line("rate", "/s", "x", target=20_000, samples=[19_000, 21_000, 30_000.4])
    slow = Line("time", "s", "x", target=3, at_most=True, samples=[2.5, 3.25, 4])
    told = Line("told", "B", "x", samples=[1234.4])
    none = Line("none", "ms", "x", target=1, note="not available: no such flag")
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replaced(page, "new")
    words = ("date", "revision", "runs", "processors", "cpu", "memory_gib", "kernel", "disk", "load_before", "load_after")
    facts = dict.fromkeys(words, "x") | {"fdatasync_ms": {"median": 1, "p99": 2}}
    checks = {
        "median and extremes": measured(rate) == "**21,000/s** [19,000/s … 30,000/s]",
        "a rate above its target": rate.verdict() == "reached",
        "a time above its target": slow.verdict() == "short",
        "a time's target": target_text(slow) == "at most 3.00 s",
        "a figure without a target": (told.verdict(), measured(told)) == ("", "1,234 B"),
        "a row without samples": (none.verdict(), measured(none)) == ("not available: no such flag", "—"),
        "JSON holds the median": rate.to_json()["median"] == 21_000 and "median" not in none.to_json(),
        "markers stay": once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n" and replaced(once, "new") == once,
        "one row per line": table([rate, slow, told, none]).count("\n") == 5,
        "a table under each title": document({"A": [rate], "B": [slow]}, facts, {}, "").count("\n### ") == 2,
    }
    try:
        replaced("no markers", "new")
        checks["a page without markers is refused"] = False
    except ValueError:
        pass
    return [name for name, holds in checks.items() if not holds]
