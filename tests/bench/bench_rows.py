"""The rows of the table: what is run, and what is taken from its result. Each can be run alone."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Callable
from pathlib import Path

from bench_system import Bench, Failed, Unavailable, say
from bench_table import Line

Rows = list[Line]
ROWS: dict[str, Callable[[Bench], Rows]] = {}

CONNECTIONS = 64
TERMS = ["lamp", "oak", "kettle", "copper", "oak lamp", "steel chair", "walnut desk", "glass bowl", "linen", "bench"]


def row(name: str) -> Callable:
    def register(run: Callable[[Bench], Rows]) -> Callable[[Bench], Rows]:
        ROWS[name] = run
        return run

    return register


def short_count(number: int) -> str:
    return f"{number // 1000}k" if number % 1000 == 0 else str(number)


def seed_command(each: int, more: str = "") -> str:
    count = short_count(each)
    return f"cqrsctl seed --users {count} --products {count} --orders {count}{more}"


def seed(bench: Bench, directory: Path, each: int, *more: str) -> tuple[dict, str]:
    number = str(each)
    words = ["seed", "--users", number, "--products", number, "--orders", number, *more]
    out, progress = bench.ctl(directory, *words)
    if out["verdict"] != "pass" or out["lost"] != 0 or out["acked"] != 3 * each:
        raise Failed(f"seed: verdict {out['verdict']}, {out['acked']} acknowledged, {out['lost']} lost")
    return out, progress


@row("seed")
def seed_row(bench: Bench) -> Rows:
    command = seed_command(bench.each)
    total = short_count(3 * bench.each)
    rate = Line(f"seed of {total} entities, one HTTP command each, durable, all visible", "/s", command, 20_000)
    visible = Line("last acknowledgement until everything is visible", "s", command, 1, at_most=True)
    latency = Line("latency p99, closed loop", "ms", command)
    client = Line("memory of `cqrsctl`", "MB", command, 64, at_most=True)
    service = Line(f"memory of `cqrsd` after {total} entities", "MB", command)
    splits = []
    for _ in range(bench.runs):
        directory = bench.make_directory()
        bench.start(directory)
        out = seed(bench, directory, bench.each)[0]
        rate.samples.append(out["entities_per_s"])
        visible.samples.append(out["visible_after_s"])
        latency.samples.append(out["latency_ms"]["p99"])
        client.samples.append(out["rss_bytes"] / 1e6)
        service.samples.append(bench.rss(directory) / 1e6)
        splits.append(out.get("cpu_us_per_entity", {}))
        bench.keep_dataset(directory)
    bench.results["seed"] = {
        "rate": rate.median(),
        "split": {name: statistics.median(split[name] for split in splits) for name in splits[0]},
    }
    return [rate, visible, latency, client, service]


@row("depth1")
def depth1_row(bench: Bench) -> Rows:
    each = bench.each // 30
    line = Line("the same with one request in flight on each of 8 connections", "/s", seed_command(each, " --depth 1"))
    for _ in range(bench.runs):
        with bench.system() as directory:
            line.samples.append(seed(bench, directory, each, "--depth", "1")[0]["entities_per_s"])
    return [line]


@row("bulk")
def bulk_row(bench: Bench) -> Rows:
    line = Line("the same seed in bulk", "/s", seed_command(bench.each, " --via bulk"), 60_000)
    if not bench.has_flag("seed", "--via"):
        line.note = "not available: seed has no --via"
        return [line]
    for _ in range(bench.runs):
        with bench.system() as directory:
            line.samples.append(seed(bench, directory, bench.each, "--via", "bulk")[0]["entities_per_s"])
    return [line]


@row("rate")
def rate_row(bench: Bench) -> Rows:
    each = bench.each // 6
    line = Line("staleness p99 at half the highest rate", "ms", "", 250, at_most=True)
    line.command = seed_command(each, " --rate HALF")
    if not bench.has_flag("seed", "--rate"):
        line.note = "not available: seed has no --rate"
        return [line]
    if "seed" not in bench.results:
        with bench.system() as directory:
            bench.results["seed"] = {"rate": seed(bench, directory, each)[0]["entities_per_s"]}
    half = str(int(bench.results["seed"]["rate"] / 2))
    line.command = seed_command(each, f" --rate {half}")
    for _ in range(bench.runs):
        with bench.system() as directory:
            line.samples.append(seed(bench, directory, each, "--rate", half)[0]["staleness_ms"]["p99"])
    return [line]


@row("ceilings")
def ceilings_row(bench: Bench) -> Rows:
    command = "cqrsctl ceilings"
    share = Line("end to end over the no-op of the same server and client", "", command, 0.35)
    against = Line("that no-op over wrk against the same no-op", "", "wrk -t1 -c8 -s tests/bench/noop.lua", 0.6)
    rates = {
        "http_noop_per_s": Line("HTTP no-op", "/s", command),
        "disk_append_per_s": Line("disk: the events' bytes, fdatasync per group", "/s", command),
        "log_append_per_s": Line("log append, ready events", "/s", command),
        "store_commit_per_s": Line("store commit without HTTP", "/s", command),
        "read_apply_per_s": Line("read-store apply", "/s", command),
        "end_to_end_per_s": Line("end to end", "/s", command),
    }
    seconds = 1 if bench.quick else 2
    for _ in range(bench.runs):
        directory = bench.make_directory()
        out, _ = bench.ctl(directory, "ceilings", "--rounds", "1", "--seconds", str(seconds))
        bench.remove(directory)
        share.samples.append(out["end_to_end_over_http_noop"])
        for name, line in rates.items():
            line.samples.append(out[name])
        bench.results["ceilings"] = out
        try:
            with bench.noop_service() as url:
                wrk = bench.wrk(url, "noop.lua", "64", connections=8, seconds=seconds + 1)
            against.samples.append(out["http_noop_per_s"] / wrk["rate"])
        except Unavailable as reason:
            against.note = f"not available: {reason}"
    return [share, against, *rates.values()]


def search_path(words: str, page: int = 0, size: int = 20) -> str:
    return f"/v1/products?q={words.replace(' ', '%20')}&page={page}&size={size}"


def target_files(bench: Bench, directory: Path) -> dict[str, Path]:
    """Files of random targets for wrk: ids of what seed sent, from its ledger."""
    words = [str(bench.programs / "cqrsctl"), "--data-dir", str(directory), "ledger", "show", "--limit", "100000000"]
    code, out, err = bench.run(words)
    if code != 0:
        raise Failed(f"cqrsctl ledger show ended with {code}: {err[-200:]}")
    ids: dict[str, list[str]] = {"user": [], "product": [], "order": []}
    for kind, identifier in re.findall(r"^(user|product|order) \d+\s+([0-9a-f-]{36})", out, re.MULTILINE):
        ids[kind].append(identifier)
    chance = random.Random(42)
    targets = {
        "by_id": [f"/v1/{kind}s/{one}" for kind in ("user", "product") for one in chance.sample(ids[kind], 10_000)],
        "order": [f"/v1/orders/{one}" for one in chance.sample(ids["order"], 20_000)],
        "search": [search_path(term) for term in TERMS],
        # Each asked once, so that no answer is at hand: of one match or none, and of 2,300 of 300,000.
        "narrow": [search_path(str(number)) for number in chance.sample(range(10 * bench.each), 100_000)],
        "broad": [search_path("oak lamp", page, size) for page in range(40) for size in range(5, 50)],
    }
    files = {}
    for name, lines in targets.items():
        chance.shuffle(lines)
        files[name] = bench.scratch / f"targets-{name}"
        files[name].write_text("\n".join(lines) + "\n")
    return files


@row("reads")
def reads_row(bench: Bench) -> Rows:
    stored = f"{short_count(bench.each)} of each stored"
    command = f"wrk -t1 -c{CONNECTIONS} -s tests/bench/get.lua"
    lines = {
        "by_id": Line(f"users and products by id, {CONNECTIONS} connections, {stored}", "/s", command, 30_000),
        "order": Line("an order with its user and products", "/s", command, 15_000),
        "search": Line("product search, first page", "/s", command, 3_000),
        "narrow": Line("a search never asked before, for a product's number", "/s", command),
        "broad": Line("a search never asked before, two words with 2,300 matches", "/s", command),
    }
    directory = bench.dataset()
    files = target_files(bench, directory)
    answer = bench.get(directory, files["search"].read_text().splitlines()[0])
    if "totalCount" not in answer:
        lines["search"].note = "not available: the service has no product search"
        for name in ("search", "narrow", "broad"):
            del files[name]
    seconds = 2 if bench.quick else 5
    for _ in range(bench.runs):
        for name, path in files.items():
            try:
                done = bench.wrk(bench.url(directory), "get.lua", str(path), connections=CONNECTIONS, seconds=seconds)
                lines[name].samples.append(done["rate"])
            except Unavailable as reason:
                lines[name].note = f"not available: {reason}"
    return list(lines.values())


@row("replay")
def replay_row(bench: Bench) -> Rows:
    command = "cqrsctl replay --execute"
    total = short_count(3 * bench.each)
    rate = Line(f"replay of {total} events into a fresh generation, proven equal", "/s", command, 100_000)
    proof = Line("its proof, both generations content by content", "s", command)
    directory = bench.dataset()
    for _ in range(bench.runs):
        out, _ = bench.ctl(directory, "replay", "--execute")
        if not out["equal"]:
            raise Failed("the replayed views are not equal to the live ones")
        rate.samples.append(out["events_per_s"])
        if "proof_s" in out:
            proof.samples.append(out["proof_s"])
        bench.ctl(directory, "replay", "drop", str(out["generation"]), "--execute")
    return [rate, proof]


@row("verify")
def verify_row(bench: Bench) -> Rows:
    total = short_count(3 * bench.each)
    lines = []
    directory = bench.dataset()
    for mode, target in (("buckets", 3), ("deep", 12)):
        command = f"cqrsctl verify --mode {mode}"
        line = Line(f"verify of {total} entities, {mode}", "s", command, target, at_most=True)
        for _ in range(bench.runs):
            out, _ = bench.ctl(directory, "verify", "--mode", mode)
            if out["verdict"] != "pass":
                raise Failed(f"verify --mode {mode}: {out['verdict']}")
            line.samples.append(out["elapsed_s"])
        lines.append(line)
    return lines


@row("growth")
def growth_row(bench: Bench) -> Rows:
    points = "10k,30k,100k" if bench.quick else "10k,100k,1m"
    last = points.rsplit(",", 1)[1]
    command = f"cqrsctl growth --points {points}"
    directory = bench.make_directory()
    out, _ = bench.ctl(directory, "growth", "--points", points)
    bench.remove(directory)
    middle, end = out["points"][-2:]
    slower = end["wall_us_per_entity"] / middle["wall_us_per_entity"]
    before = points.rsplit(",", 2)[1]
    say(f"growth: exponent {out['exponent']:.3f}")
    return [
        Line(f"processor time per entity at {last} over 10k", "", command, 1.5, True, [out["ratio_last_first"]]),
        Line(f"time per entity at {last} over {before}, one mix: no slower at the end", "", command, 1.1, True, [slower]),
        Line("exponent of the total processor time (1 is linear)", "", command, samples=[out["exponent"]]),
        Line(f"memory of `cqrsd` at {last} entities", "MB", command, 400, True, [end["rss_bytes"] / 1e6]),
        Line("bytes stored per entity, write.db and views", "B", command, samples=[end["bytes_per_entity"]]),
        Line("bytes written per entity, logs and their checkpoints", "B", command, samples=[end["wal_bytes_per_entity"]]),
    ]
