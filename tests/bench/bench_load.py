"""Whether the load engine tells the truth, what it costs, how fast and how punctual it is; beside the
usual generators where they are installed."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench_rows import Rows, row
from bench_system import Bench, Failed, Unavailable
from bench_table import Line

BODY = (
    '{"id":"018cc251-f400-7c17-936c-90b9c5993da3","email":"8d1f6a0c2b3e4f57.12345@example.com",'
    '"name":"Grace Lamport"}'
)
# Of the standard normal distribution, for the percentiles of a log-normal one.
Z = {"p50": 0.0, "p90": 1.2815516, "p95": 1.6448536, "p99": 2.3263479}
Figures = dict[str, float]  # p50 ... p99 in ms; rate, sent, cpu_us, rss_mb


def build(bench: Bench) -> None:
    """Our server and the bare client are test programs: the rows build them when they are missing."""
    if all((bench.programs / name).exists() for name in ("bench_http", "bench_wire")):
        return
    words = [str(bench.root / "scripts/build"), "release", "bench_http", "bench_wire"]
    if bench.run(words, patience=1800)[0] != 0:
        raise Failed("bench_http and bench_wire cannot be built")


@contextmanager
def server(bench: Bench, *words: str, core: int | None = None) -> Iterator[str]:
    """bench_http with these options; gives its URL."""
    build(bench)
    port_file = bench.make_directory() / "port"
    line = [str(bench.programs / "bench_http"), "--port-file", str(port_file), *words]
    child = subprocess.Popen(pinned(line, core), stdout=subprocess.DEVNULL)
    bench.children.append(child)
    try:
        limit = time.monotonic() + 30
        while not port_file.exists():
            if child.poll() is not None or time.monotonic() > limit:
                raise Failed("bench_http did not come up")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    finally:
        child.kill()
        child.wait()
        bench.children.remove(child)
        bench.remove(port_file.parent)


def pinned(words: list[str], core: int | None) -> list[str]:
    if core is None or (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        return words
    return ["taskset", "-c", str(core), *words]


def measured(bench: Bench, words: list[str], allowed: tuple[int, ...] = (0,)) -> tuple[str, float, float]:
    """What a program printed, its processor time in seconds and its largest memory in MB."""
    # A shell of its own for each: what its children used is then known apart from other programs'.
    script = (
        "import resource,subprocess,sys,json\n"
        "done=subprocess.run(sys.argv[1:],stdin=subprocess.DEVNULL)\n"
        "used=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime+used.ru_stime,used.ru_maxrss/1e3]),file=sys.stderr)\n"
        "sys.exit(done.returncode)\n"
    )
    code, out, err = bench.run(["python3", "-c", script, *words], patience=1200)
    if code not in allowed:
        raise Failed(f"{words[0]} ended with {code}: {(err or out).strip()[-300:]}")
    cpu, rss = json.loads(err.strip().splitlines()[-1])
    return out, cpu, rss


# ---- generators: each is given a URL, a rate and a duration, and tells what it saw


def ours(bench: Bench, url: str, rate: int, seconds: int) -> Figures:
    directory = bench.make_directory()
    words = [
        "load", "--target", url, "--mix", "create_user=1", "--users", "0", "--products", "0", "--orders", "0",
        "--rate", str(rate), "--arrival", "uniform", "--warmup", "0s", "--duration", f"{seconds}s",
        "--probe-staleness", "none", "--no-verify",
    ]  # fmt: skip
    # Whatever the verdict: these servers are made to be slow, and store nothing.
    out, _ = bench.ctl(directory, *words, allowed=(0, 1, 4, 5, 99))
    bench.remove(directory)
    figures = {name: out["latency_ms"][name] for name in Z}
    figures |= {"sent": out["sent"], "achieved": out["achieved_ratio"], "cpu_us": out["cpu_us_per_cmd"]}
    figures["rss_mb"] = out["rss_bytes"] / 1e6
    lag = out.get("schedule_lag_ms")
    if isinstance(lag, dict):
        figures["lag_p99"] = lag["p99"]
    return figures


def oha(bench: Bench, url: str, rate: int, seconds: int, corrected: bool = False) -> Figures:
    words = ["oha", "-z", f"{seconds}s", "-q", str(rate), "-c", "50", "-m", "POST", "-d", BODY, "--no-tui"]
    words += ["-T", "application/json", *(["--latency-correction"] if corrected else [])]
    style = ["--output-format", "json"] if "--output-format" in bench.run(["oha", "--help"])[1] else ["--json"]
    out, cpu, rss = measured(bench, [*words, *style, f"{url}/v1/users"])
    found = json.loads(out)
    sent = sum(found["statusCodeDistribution"].values())
    figures = {name: 1e3 * found["latencyPercentiles"][name] for name in Z}
    return figures | {"sent": sent, "cpu_us": 1e6 * cpu / sent, "rss_mb": rss}


def vegeta(bench: Bench, url: str, rate: int, seconds: int) -> Figures:
    directory = bench.make_directory()
    (directory / "body").write_text(BODY)
    (directory / "targets").write_text(f"POST {url}/v1/users\nContent-Type: application/json\n@{directory}/body\n")
    attack = ["vegeta", "attack", f"-rate={rate}", f"-duration={seconds}s", f"-targets={directory}/targets"]
    _, cpu, rss = measured(bench, [*attack, f"-output={directory}/results"])
    found = json.loads(bench.run(["vegeta", "report", "-type=json", f"{directory}/results"])[1])
    bench.remove(directory)
    figures = {name: found["latencies"][name.replace("p", "") + "th"] / 1e6 for name in Z}
    return figures | {"sent": found["requests"], "cpu_us": 1e6 * cpu / found["requests"], "rss_mb": rss}


def k6(bench: Bench, url: str, rate: int, seconds: int) -> Figures:
    directory = bench.make_directory()
    (directory / "script.js").write_text(
        "import http from 'k6/http';\n"
        "export const options = { summaryTrendStats: ['p(50)','p(90)','p(95)','p(99)'], scenarios: { a: {\n"
        f"  executor: 'constant-arrival-rate', rate: {rate}, timeUnit: '1s', duration: '{seconds}s',\n"
        "  preAllocatedVUs: 50, maxVUs: 50 } } };\n"
        f"export default () => http.post('{url}/v1/users', {json.dumps(BODY)},\n"
        "  { headers: { 'Content-Type': 'application/json' } });\n"
    )
    summary = directory / "summary.json"
    words = ["k6", "run", "--quiet", "--summary-export", str(summary), str(directory / "script.js")]
    _, cpu, rss = measured(bench, words)
    metrics = json.loads(summary.read_text())["metrics"]
    bench.remove(directory)
    sent = metrics["http_reqs"]["count"]
    figures = {name: metrics["http_req_duration"][f"p({name[1:]})"] for name in Z}
    return figures | {"sent": sent, "cpu_us": 1e6 * cpu / sent, "rss_mb": rss}


def hey(bench: Bench, url: str, rate: int, seconds: int) -> Figures:
    words = ["hey", "-z", f"{seconds}s", "-c", "50", "-q", str(rate / 50), "-m", "POST", "-T", "application/json"]
    out, cpu, rss = measured(bench, [*words, "-d", BODY, f"{url}/v1/users"])
    figures = {}
    for name in Z:
        found = re.search(rf"{name[1:]}% in ([\d.]+) secs", out)
        if found is None:
            raise Failed(f"hey told no {name}")
        figures[name] = 1e3 * float(found.group(1))
    sent = sum(int(number) for number in re.findall(r"\[\d+\]\s+(\d+) responses", out))
    return figures | {"sent": sent, "cpu_us": 1e6 * cpu / sent, "rss_mb": rss}


OTHERS: dict[str, Callable[..., Figures]] = {"oha": oha, "vegeta": vegeta, "k6": k6, "hey": hey}


def need_load(bench: Bench) -> str:
    return "" if bench.has_flag("load", "--rate") else "not available: cqrsctl has no load"


# ---- rows


def deviation(figures: Figures, truth: Figures) -> float:
    """By how much the worst percentile misses, in per cent."""
    return max(100 * abs(figures[name] / true - 1) for name, true in truth.items())


@row("load-freeze")
def load_freeze_row(bench: Bench) -> Rows:
    truth = {"p90": 500.0, "p95": 750.0, "p99": 950.0}
    command = "cqrsctl load --rate 200 --duration 5s"
    what = "a server frozen for 1 s of 5 s at 200/s: largest miss of p90, p95 and p99"
    miss = Line(f"{what}, %", "", command, 10, at_most=True)
    sent = Line("sent of those 1,000", "", command, 1000)
    others = {name: Line(f"the same of {name}, %", "", name) for name in OTHERS}
    miss.note = sent.note = need_load(bench)
    for _ in range(bench.runs):
        if not miss.note:
            with server(bench, "--freeze-at", "2,1") as url:
                figures = ours(bench, url, 200, 5)
            miss.samples.append(deviation(figures, truth))
            sent.samples.append(figures["sent"])
        for name, line in others.items():
            if shutil.which(name) is None:
                line.note = f"not available: {name} is not installed"
                continue
            with server(bench, "--freeze-at", "2,1") as url:
                line.samples.append(deviation(OTHERS[name](bench, url, 200, 5), truth))
    return [miss, sent, *others.values()]


@row("load-cost")
def load_cost_row(bench: Bench) -> Rows:
    seconds = 5 if bench.quick else 20
    command = f"cqrsctl load --rate 1000 --duration {seconds}s"
    cost = Line("processor time of the generator per POST at 1,000/s, with the ledger", "us", command, 50, at_most=True)
    memory = Line("its memory", "MB", command, 20, at_most=True)
    others = {name: Line(f"processor time of {name} per POST", "us", name) for name in OTHERS}
    sizes = {name: Line(f"memory of {name}", "MB", name) for name in OTHERS}
    cost.note = memory.note = need_load(bench)
    for _ in range(bench.runs):
        with server(bench) as url:
            if not cost.note:
                figures = ours(bench, url, 1000, seconds)
                cost.samples.append(figures["cpu_us"])
                memory.samples.append(figures["rss_mb"])
            for name, line in others.items():
                if shutil.which(name) is None:
                    line.note = sizes[name].note = f"not available: {name} is not installed"
                    continue
                figures = OTHERS[name](bench, url, 1000, seconds)
                line.samples.append(figures["cpu_us"])
                sizes[name].samples.append(figures["rss_mb"])
    return [cost, memory, *(line for name in OTHERS for line in (others[name], sizes[name]))]


@row("load-closed")
def load_closed_row(bench: Bench) -> Rows:
    """Interleaved, the generator on one core and the server on another."""
    seconds = 2 if bench.quick else 5
    command = f"cqrsctl load --closed --concurrency 64 --threads 1 --duration {seconds}s"
    share = Line("closed loop on one core over wrk, 64 connections, one request each", "", command, 0.7)
    bare = Line("the same of the client without the engine", "", f"bench_wire URL closed 64 1 {seconds}")
    rate = Line("that closed loop", "/s", command)
    share.note = rate.note = need_load(bench)
    script = bench.scratch / "post.lua"
    for _ in range(max(3, bench.runs)):
        with server(bench, core=1) as url:
            script.write_text(
                "wrk.method = 'POST'\nwrk.path = '/v1/users'\n"
                f"wrk.body = '{BODY}'\nwrk.headers['Content-Type'] = 'application/json'\n"
                "wrk.headers['Idempotency-Key'] = '0123456789abcdef0123456789abcdef'\n"
            )
            try:
                if shutil.which("wrk") is None:
                    raise Unavailable("wrk is not installed: scripts/setup --bench")
                words = ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(script), url]
                found = re.search(r"Requests/sec:\s+([\d.]+)", bench.run(pinned(words, 0))[1])
                if found is None:
                    raise Failed("wrk told no rate")
                wrk = float(found.group(1))
            except Unavailable as reason:
                share.note = bare.note = f"not available: {reason}"
                continue
            words = [str(bench.programs / "bench_wire"), url, "closed", "64", "1", str(seconds)]
            code, out, err = bench.run(pinned(words, 0))
            if code != 0:
                raise Failed(f"bench_wire ended with {code}: {err[-200:]}")
            bare.samples.append(json.loads(out)["per_s"] / wrk)
            if rate.note:
                continue
            directory = bench.make_directory()
            words = [
                str(bench.programs / "cqrsctl"), "--data-dir", str(directory), "-o", "json", "load", "--target", url,
                "--mix", "create_user=1", "--users", "0", "--products", "0", "--orders", "0", "--closed",
                "--concurrency", "64", "--threads", "1", "--warmup", "0s", "--duration", f"{seconds}s",
                "--probe-staleness", "none", "--no-verify",
            ]  # fmt: skip
            code, out, err = bench.run(pinned(words, 0))
            bench.remove(directory)
            if code not in (0, 1, 4, 5, 99):
                raise Failed(f"cqrsctl load ended with {code}: {(err or out).strip()[-200:]}")
            found = json.loads(out)
            rate.samples.append(found["acked"] / seconds)
            share.samples.append(rate.samples[-1] / wrk)
    return [share, rate, bare]


@row("load-fixed-rate")
def load_fixed_rate_row(bench: Bench) -> Rows:
    """Log-normal latencies, the same ones for each generator, five interleaved repeats."""
    median, sigma, rate = 10.0, 0.8, 500
    seconds = 4 if bench.quick else 10
    truth = {name: median * math.exp(sigma * z) for name, z in Z.items()}
    generators: dict[str, Callable[[str], Figures]] = {}
    if not (note := need_load(bench)):
        generators["ours"] = lambda url: ours(bench, url, rate, seconds)
    if shutil.which("vegeta"):
        generators["vegeta"] = lambda url: vegeta(bench, url, rate, seconds)
    if shutil.which("oha"):
        generators["oha"] = lambda url: oha(bench, url, rate, seconds, corrected=True)
    seen: dict[str, dict[str, list[float]]] = {name: {p: [] for p in Z} for name in generators}
    for repeat in range(5):
        for name, run in generators.items():
            options = ("--latency", f"{median},{sigma}", "--seed", str(repeat + 1))
            with server(bench, *options) as url:
                figures = run(url)
            for percentile in Z:
                seen[name][percentile].append(figures[percentile])
    lines = []
    for percentile, limit in (("p50", 10), ("p90", 10), ("p99", 20)):
        what = f"latency {percentile} at {rate}/s: medians of five, ours against"
        command = f"cqrsctl load --rate {rate} --duration {seconds}s"
        for other in ("the truth", "vegeta", "oha"):
            line = Line(f"{what} {other}, % apart", "", command, limit, at_most=True)
            if other != "the truth" and other not in seen:
                line.note = f"not available: {other} is not installed"
            elif "ours" not in seen:
                line.note = note
            else:
                mine = statistics.median(seen["ours"][percentile])
                its = truth[percentile] if other == "the truth" else statistics.median(seen[other][percentile])
                line.samples.append(100 * abs(mine / its - 1))
            lines.append(line)
    return lines


@row("load-soak")
def load_soak_row(bench: Bench) -> Rows:
    minutes = 1 if bench.quick else 10
    command = f"cqrsctl load --rate 2000 --duration {minutes}m"
    lag = Line(f"schedule lag p99, {minutes} min at 2,000/s", "ms", command, 2, at_most=True)
    growth = Line("memory of the generator at the end over a tenth of the way", "", command, 1.1, at_most=True)
    lag.note = growth.note = need_load(bench)
    if lag.note:
        return [lag, growth]
    with server(bench) as url:
        short = ours(bench, url, 2000, 6 * minutes)
        long = ours(bench, url, 2000, 60 * minutes)
    if "lag_p99" in long:
        lag.samples.append(long["lag_p99"])
    growth.samples.append(long["rss_mb"] / short["rss_mb"])
    return [lag, growth]
