"""What a figure means nothing without: processor, memory, kernel, disk and what else the machine does."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib() -> float:
    kib = int(Path("/proc/meminfo").read_text().split()[1])
    return round(kib / 2**20, 1)


def load_average() -> float:
    return round(os.getloadavg()[0], 2)


def disk_kind(path: Path) -> str:
    """File system and device of `path`, with what the kernel says about the medium."""
    best = ("", "unknown", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, mount, kind = line.split()[:3]
        inside = str(path) == mount or str(path).startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best[0]):
            best = (mount, device, kind)
    status = os.stat(path)
    block = Path(f"/sys/dev/block/{os.major(status.st_dev)}:{os.minor(status.st_dev)}").resolve()
    medium = "medium unknown"
    for folder in (block, block.parent):
        flag = folder / "queue" / "rotational"
        if flag.exists():
            medium = "rotating" if flag.read_text().strip() == "1" else "not rotating"
            break
    return f"{best[2]} on {best[1]} ({medium})"


def sync_millis(directory: Path, times: int = 100) -> dict[str, float]:
    """fdatasync after 8 KiB overwritten in place, as a write-ahead log does it."""
    path = directory / "sync-probe"
    size = 4 << 20
    took = []
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.pwrite(descriptor, b"\0" * size, 0)
        os.fsync(descriptor)
        for turn in range(times):
            started = time.perf_counter()
            os.pwrite(descriptor, bytes([turn]) * 8192, turn * 8192 % size)
            os.fdatasync(descriptor)
            took.append((time.perf_counter() - started) * 1e3)
    finally:
        os.close(descriptor)
        path.unlink()
    return {"median": round(statistics.median(took), 3), "p99": round(sorted(took)[-1 - times // 100], 3)}


def revision(root: Path) -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    return commit + (" with uncommitted changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def host_facts(root: Path, scratch: Path) -> dict[str, object]:
    return {
        "cpu": cpu_model(),
        "processors": os.cpu_count(),
        "memory_gib": memory_gib(),
        "kernel": platform.release(),
        "disk": disk_kind(scratch),
        "fdatasync_ms": sync_millis(scratch),
        "revision": revision(root),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }
