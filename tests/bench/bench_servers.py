"""Servers of the standard profile and systems on them, as the rows about them need both."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_system import Bench, Failed


class Standard:
    """Servers of the bench's own, and systems on them under names of their own."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.directory = bench.root / "build/bench/parts"
        self.environment = dict(os.environ, CQRS_PARTS_DIR=str(self.directory))
        self.count = 0

    def parts(self, *words: str) -> None:
        done = subprocess.run(
            [str(self.bench.root / "scripts/parts"), *words], env=self.environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Failed(f"scripts/parts {' '.join(words)}: {(done.stderr or done.stdout).strip()[-300:]}")

    def urls(self) -> dict[str, str]:
        parts = json.loads((self.directory / "parts.json").read_text())
        return {
            "postgres": parts["postgres"]["url"],
            "kafka": parts["kafka"]["brokers"],
            "redis": parts["redis"]["url"],
            "mongo": parts["mongo"]["url"],
        }

    @contextmanager
    def system(self, read: str = "redis") -> Iterator[Path]:
        self.count += 1
        directory = self.bench.make_directory()
        self.up(directory, read, f"bench{os.getpid()}_{self.count}")
        try:
            yield directory
        finally:
            self.bench.remove(directory)

    def up(self, directory: Path, read: str, name: str) -> None:
        words = ["--profile", "standard", "up", "--read", read, "--namespace", name]
        for part, url in self.urls().items():
            words += [f"--{part}", url]
        self.bench.ctl(directory, *words)


@contextmanager
def servers(bench: Bench) -> Iterator[Standard]:
    standard = Standard(bench)
    standard.parts("up")
    try:
        yield standard
    finally:
        standard.parts("down", "--data")


def roles(directory: Path) -> list[dict]:
    return json.loads((directory / "run.json").read_text())["processes"]


def memory(directory: Path) -> float:
    """Of all roles together, in MB."""
    total = 0
    for process in roles(directory):
        status = Path(f"/proc/{process['pid']}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        total += int(found.group(1)) if found else 0
    return total / 1000


def metrics(directory: Path, role: str) -> str:
    url = next((process["url"] for process in roles(directory) if process["role"] == role), None)
    if url is None:
        raise Failed(f"no {role} runs")
    with urllib.request.urlopen(url + "/metrics", timeout=5) as answer:
        return answer.read().decode()


def metric(directory: Path, role: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics(directory, role), re.MULTILINE)
    if found is None:
        raise Failed(f"{role} has no metric {name}")
    return float(found.group(1))


def head(directory: Path) -> int:
    """Of the record itself: the roles that tell it may not run."""
    config = json.loads((directory / "system.json").read_text())
    query = f"SELECT coalesce(max(position), 0) FROM {config['namespace']}.events"
    done = subprocess.run(["psql", config["postgres"], "-Atc", query], capture_output=True, text=True, check=True)
    return int(done.stdout)


def signal_role(directory: Path, role: str, number: int) -> None:
    for process in roles(directory):
        if process["role"] == role:
            os.kill(process["pid"], number)


def peak_memory(bench: Bench, directory: Path, *words: str) -> float:
    """Of cqrsctl while it does this, in MB. Not from wait4(), which counts what we had when it was begun."""
    line = [str(bench.programs / "cqrsctl"), "--data-dir", str(directory), *words]
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
        peak = max(peak, int(found.group(1)) if found else 0)
        time.sleep(0.005)
    return peak / 1000


def await_metric(directory: Path, role: str, name: str, least: float, patience: float = 120) -> float:
    """When it was reached, by a clock that does not jump."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if metric(directory, role, name) >= least:
            return time.monotonic()
        time.sleep(0.02)
    raise Failed(f"{name} of {role} did not reach {least:,.0f}")
