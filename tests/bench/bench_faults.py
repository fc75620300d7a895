"""How soon the views have caught up after a fault under load, with the proof that nothing was lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench_rows import row
from bench_servers import Standard, await_metric, head, metric, servers, signal_role
from bench_system import Bench, Failed
from bench_table import Line

REACH = 5  # seconds
FROZEN = 20  # of the broker, seconds
PAST_THE_LEASE = 7  # seconds; a lease lasts 5


@dataclass
class Stage:
    """What a fault may touch."""

    bench: Bench
    standard: Standard
    directory: Path

    def part_pids(self, part: str) -> list[int]:
        found = json.loads((self.standard.directory / "parts.json").read_text())[part]
        return found["pids"] if "pids" in found else [found["pid"]]

    def signal_part(self, part: str, number: int) -> None:
        for pid in self.part_pids(part):
            os.kill(pid, number)


# Each returns when the fault is over: the server or process is there again and ready.
Fault = Callable[[Stage], None]


def kill_role(role: str) -> Fault:
    def fault(stage: Stage) -> None:
        signal_role(stage.directory, role, signal.SIGKILL)
        time.sleep(0.3)
        stage.bench.ctl(stage.directory, "up")

    return fault


def pause_role(role: str) -> Fault:
    def fault(stage: Stage) -> None:
        signal_role(stage.directory, role, signal.SIGSTOP)
        try:
            time.sleep(PAST_THE_LEASE)
        finally:
            signal_role(stage.directory, role, signal.SIGCONT)

    return fault


def kill_part(part: str) -> Fault:
    def fault(stage: Stage) -> None:
        stage.signal_part(part, signal.SIGKILL)
        time.sleep(1)
        stage.standard.parts("up", "--only", part)

    return fault


def freeze_broker(stage: Stage) -> None:
    stage.signal_part("kafka", signal.SIGSTOP)
    try:
        time.sleep(FROZEN)
    finally:
        stage.signal_part("kafka", signal.SIGCONT)


def flush_redis(stage: Stage) -> None:
    port = stage.standard.urls()["redis"].rsplit(":", 1)[1]
    subprocess.run(["redis-cli", "-p", port, "FLUSHALL"], stdout=subprocess.DEVNULL, check=True)


# The MongoDB wire server takes some hundred rows a second, so it gets what it can follow.
FAULTS: list[tuple[str, Fault, str, int]] = [
    ("command role killed", kill_role("command"), "redis", 500),
    ("relay killed", kill_role("relay"), "redis", 500),
    ("projector killed", kill_role("projector"), "redis", 500),
    (f"projector paused {PAST_THE_LEASE} s, past its lease", pause_role("projector"), "redis", 500),
    (f"broker frozen {FROZEN} s", freeze_broker, "redis", 500),
    ("broker killed", kill_part("kafka"), "redis", 500),
    ("PostgreSQL killed", kill_part("postgres"), "redis", 500),
    ("Redis killed", kill_part("redis"), "redis", 500),
    ("Redis emptied", flush_redis, "redis", 500),
    ("MongoDB server killed", kill_part("mongo"), "mongo", 200),
]


def await_visible(directory: Path, wanted: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if metric(directory, "projector", "cqrs_applied_position") >= wanted:
                return
        except (urllib.error.URLError, OSError):
            pass  # it is the one that was killed
        time.sleep(0.02)
    raise Failed("the views did not catch up within 120 s")


def catch_up(stage: Stage, fault: Fault, rate: int) -> float:
    """Seconds from the fault's end until all that was committed by then is visible. Fails unless
    seed, with its ledger, and verify then pass."""
    count = rate * (FROZEN + 12) // 3
    words = ["seed", "--users", str(count), "--products", str(count), "--orders", str(count), "--rate", str(rate)]
    line = [str(stage.bench.programs / "cqrsctl"), "--data-dir", str(stage.directory), *words]
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    stage.bench.children.append(child)
    try:
        await_metric(stage.directory, "projector", "cqrs_applied_position", 4 * rate)
        fault(stage)
        ended = time.monotonic()
        await_visible(stage.directory, head(stage.directory))
        took = time.monotonic() - ended
        said, _ = child.communicate(timeout=300)
    finally:
        child.kill()
        child.wait()
        stage.bench.children.remove(child)
    if child.returncode != 0:
        raise Failed(f"seed ended with {child.returncode}: {said.strip()[-300:]}")
    if head(stage.directory) < 3 * count:
        raise Failed(f"{head(stage.directory):,} events of {3 * count:,}: something is lost")
    stage.bench.ctl(stage.directory, "verify", "--mode", "deep")
    return took


@row("standard-faults")
def standard_faults(bench: Bench) -> list[Line]:
    lines = []
    with servers(bench) as standard:
        for what, fault, read, rate in FAULTS:
            line = Line(
                f"{what}, at {rate}/s: fault's end until caught up, nothing lost", "s",
                f"cqrsctl seed --rate {rate}; cqrsctl verify --mode deep", REACH, at_most=True,
            )
            for _ in range(bench.runs):
                with standard.system(read) as directory:
                    line.samples.append(catch_up(Stage(bench, standard, directory), fault, rate))
            lines.append(line)
    return lines
