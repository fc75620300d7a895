"""Runs the programs for scripts/bench: cqrsctl, a system of its own, wrk. All of it ends with us."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MINUTES = 60


class Unavailable(Exception):
    """This build or machine has not what a row needs; the row says so instead of a figure."""


class Failed(Exception):
    """A program did not do what it should; the row says so, the others go on."""


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    """Where everything is, and how large; what one row made and others can use."""

    def __init__(self, root: Path, quick: bool, runs: int) -> None:
        self.root = root
        self.programs = root / "build/release/bin"
        self.lua = root / "tests/bench"
        self.scratch = root / f"build/bench/scratch-{os.getpid()}"
        self.quick = quick
        self.runs = runs
        self.each = 30_000 if quick else 300_000  # of users, products and orders
        self.results: dict[str, dict] = {}  # by row, for rows that need another's figure
        self.systems: list[Path] = []
        self.children: list[subprocess.Popen] = []
        self._dataset: Path | None = None

    # ---- programs

    def run(self, words: list[str], patience: float = 10 * MINUTES) -> tuple[int, str, str]:
        child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.children.append(child)
        try:
            out, err = child.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(words)} did not end within {patience:.0f} s") from None
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
                try:
                    child.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
            self.children.remove(child)
        return child.returncode, out, err

    def ctl(self, directory: Path, *words: str, allowed: tuple[int, ...] = (0,)) -> tuple[dict, str]:
        """The JSON that cqrsctl printed, and its progress."""
        line = [str(self.programs / "cqrsctl"), "--data-dir", str(directory), "-o", "json"]
        code, out, err = self.run([*line, "--progress", "line", *words])
        if code not in allowed:
            raise Failed(f"cqrsctl {' '.join(words)} ended with {code}: {(err or out).strip()[-300:]}")
        try:
            return json.loads(out), err
        except json.JSONDecodeError:
            raise Failed(f"cqrsctl {' '.join(words)} printed no JSON: {out[:200]}") from None

    def has_flag(self, command: str, flag: str) -> bool:
        code, out, _ = self.run([str(self.programs / "cqrsctl"), command, "--help"])
        return code == 0 and re.search(rf"{flag}\b", out) is not None

    # ---- systems

    @contextmanager
    def system(self) -> Iterator[Path]:
        """A running system in an empty directory, gone afterwards."""
        directory = self.make_directory()
        try:
            self.start(directory)
            yield directory
        finally:
            self.remove(directory)

    @contextmanager
    def noop_service(self) -> Iterator[str]:
        """A service with its benchmark routes; gives its URL."""
        directory = self.make_directory()
        reading, writing = os.pipe()
        child = subprocess.Popen(
            [str(self.programs / "cqrsd"), "--data-dir", str(directory), "--bench-routes", "--ready-fd", str(writing)],
            pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.children.append(child)
        os.close(writing)
        try:
            with os.fdopen(reading) as ready:
                line = ready.readline()
            if not line:
                raise Failed("cqrsd did not come up with --bench-routes")
            yield f"http://127.0.0.1:{json.loads(line)['port']}"
        finally:
            child.terminate()
            try:
                child.wait(timeout=MINUTES)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            self.children.remove(child)
            self.remove(directory)

    def make_directory(self) -> Path:
        directory = self.scratch / f"system-{time.monotonic_ns()}"
        directory.mkdir(parents=True)
        self.systems.append(directory)
        return directory

    def start(self, directory: Path) -> None:
        self.ctl(directory, "up")

    def url(self, directory: Path) -> str:
        return json.loads((directory / "run.json").read_text())["url"]

    def rss(self, directory: Path) -> int:
        pid = json.loads((directory / "run.json").read_text())["pid"]
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def get(self, directory: Path, target: str) -> str:
        with urllib.request.urlopen(self.url(directory) + target, timeout=30) as answer:
            return answer.read().decode()

    def remove(self, directory: Path) -> None:
        if directory not in self.systems:
            return
        run_file = directory / "run.json"
        if run_file.exists():
            stop = [str(self.programs / "cqrsctl"), "--data-dir", str(directory), "down"]
            done = subprocess.run(stop, capture_output=True, timeout=2 * MINUTES, check=False)
            if done.returncode != 0 and run_file.exists():
                self._kill(json.loads(run_file.read_text()), directory)
        shutil.rmtree(directory, ignore_errors=True)
        self.systems.remove(directory)

    @staticmethod
    def _kill(run: dict, directory: Path) -> None:
        try:
            line = Path(f"/proc/{run['pid']}/cmdline").read_bytes().decode(errors="replace")
            if str(directory) in line:  # not another process that got the number
                os.kill(run["pid"], signal.SIGKILL)
        except (OSError, KeyError):
            pass

    def close(self) -> None:
        for child in list(self.children):
            child.kill()
        for directory in list(self.systems):
            self.remove(directory)
        shutil.rmtree(self.scratch, ignore_errors=True)

    # ---- the large system that several rows share

    def seed_words(self) -> list[str]:
        number = str(self.each)
        return ["seed", "--users", number, "--products", number, "--orders", number]

    def keep_dataset(self, directory: Path) -> None:
        if self._dataset is not None:
            self.remove(self._dataset)
        self._dataset = directory

    def dataset(self) -> Path:
        if self._dataset is None:
            directory = self.make_directory()
            self.start(directory)
            say(f"filling a system with 3 x {self.each:,} entities")
            self.ctl(directory, *self.seed_words())
            self._dataset = directory
        return self._dataset

    # ---- wrk

    def wrk(self, url: str, script: str, *arguments: str, connections: int, seconds: int) -> dict[str, float]:
        if shutil.which("wrk") is None:
            raise Unavailable("wrk is not installed: scripts/setup --bench")
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(self.lua / script)]
        code, out, err = self.run([*words, url, "--", *arguments], patience=seconds + MINUTES)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
        if code != 0 or rate is None:
            raise Failed(f"wrk ended with {code}: {(err or out).strip()[-300:]}")
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        if refused:
            raise Failed(f"{refused.group(1)} answers were refusals")
        return {"rate": float(rate.group(1)), "p99_ms": latency_ms(out, "99%")}


def latency_ms(wrk_output: str, percent: str) -> float:
    found = re.search(rf"{percent}\s+([\d.]+)(us|ms|s)\b", wrk_output)
    if found is None:
        return 0.0
    return float(found.group(1)) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[found.group(2)]
