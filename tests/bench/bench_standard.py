"""The rows of the standard profile: PostgreSQL, Kafka and a read store, as scripts/parts runs them."""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_rows import row, seed, seed_command, short_count
from bench_servers import Standard, await_metric, head, memory, metric, metrics, peak_memory, servers, signal_role
from bench_system import Bench, Failed, say
from bench_table import Line

Rows = list[Line]


@row("standard-seed")
def standard_seed(bench: Bench) -> Rows:
    each = bench.each // 10
    total = short_count(3 * each)
    command = seed_command(each)
    rate = Line(f"seed of {total} through the gateway into Redis, all visible", "/s", command, 8_000)
    visible = Line("last acknowledgement until everything is visible", "s", command)
    used = Line("memory of all roles together", "MB", "cqrsctl status", 400, at_most=True)
    replay = Line(f"replay of {total} events into Redis, proven", "/s", "cqrsctl replay --execute", 60_000)
    with servers(bench) as standard:
        for _ in range(bench.runs):
            with standard.system() as directory:
                out = seed(bench, directory, each)[0]
                rate.samples.append(out["entities_per_s"])
                visible.samples.append(out["visible_after_s"])
                replayed, _ = bench.ctl(directory, "replay", "--execute")
                if not replayed["equal"]:
                    raise Failed("the replayed views are not equal to the live ones")
                replay.samples.append(replayed["events_per_s"])
                used.samples.append(memory(directory))
    return [rate, visible, used, replay]


@row("standard-postgres")
def standard_postgres(bench: Bench) -> Rows:
    each = bench.each // 10
    what = f"replay of {short_count(3 * each)} events into PostgreSQL, proven"
    line = Line(what, "/s", "cqrsctl replay --execute", 60_000)
    with servers(bench) as standard:
        for _ in range(bench.runs):
            with standard.system("postgres") as directory:
                seed(bench, directory, each)
                line.samples.append(bench.ctl(directory, "replay", "--execute")[0]["events_per_s"])
    return [line]


def bare_mongo(bench: Bench, standard: Standard) -> tuple[float, float]:
    """Rows a second of a bare loop of bulk writes, and of commits beside it, in pages of 2,000 new rows."""
    words = [str(bench.programs / "bench_mongo"), "20000", "1"]
    done = subprocess.run(words, env=standard.environment, capture_output=True, text=True)
    found = re.search(r"pages of 2000, new rows: bare (\d+) rows/s, commit (\d+) rows/s", done.stdout)
    if done.returncode != 0 or found is None:
        raise Failed(f"bench_mongo: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(found.group(1)), float(found.group(2))


@row("standard-mongo")
def standard_mongo(bench: Bench) -> Rows:
    each = bench.each // 30
    total = short_count(3 * each)
    bare = Line("a bare loop of bulk writes into the MongoDB wire server", "/s", "bench_mongo")
    commit = Line("commits of views beside it, over the bare loop", "", "bench_mongo", 0.8)
    rate = Line(f"seed of {total} through the gateway into MongoDB, all visible", "/s", seed_command(each))
    replay = Line(f"replay of {total} events into MongoDB, proven, over the bare loop", "", "cqrsctl replay --execute", 0.8)
    with servers(bench) as standard:
        for _ in range(bench.runs):
            rows, commits = bare_mongo(bench, standard)
            bare.samples.append(rows)
            commit.samples.append(commits / rows)
            with standard.system("mongo") as directory:
                rate.samples.append(seed(bench, directory, each)[0]["entities_per_s"])
                replayed, _ = bench.ctl(directory, "replay", "--execute")
                replay.samples.append(replayed["events_per_s"] / rows)
    return [bare, commit, rate, replay]


@contextmanager
def idle_transaction(url: str) -> Iterator[None]:
    """A session that has written something and goes on holding its transaction open."""
    child = subprocess.Popen(["psql", url, "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write("BEGIN; CREATE TEMP TABLE held AS SELECT txid_current();\n\\echo open\n")
        child.stdin.flush()
        if child.stdout.readline().strip() != "open":
            raise Failed("psql did not open a transaction")
        yield
    finally:
        child.stdin.close()
        child.wait()


@row("standard-idle")
def standard_idle(bench: Bench) -> Rows:
    count = 3_000 if bench.quick else 20_000
    command = f"cqrsctl seed --users {short_count(count)}"
    idle = 5 if bench.quick else 60
    line = Line(f"commits beside a transaction that idles for {idle} s, over those without", "", command, 0.9)
    with servers(bench) as standard, standard.system() as directory:

        def rate(number: int) -> float:
            words = ["seed", "--seed", str(number), "--users", str(count), "--products", "0", "--orders", "0"]
            return bench.ctl(directory, *words)[0]["entities_per_s"]

        rate(99)
        for at in range(bench.runs):
            alone = rate(100 + at)
            with idle_transaction(standard.urls()["postgres"]):
                time.sleep(idle)
                line.samples.append(rate(200 + at) / alone)
    return [line]


def fill(bench: Bench, directory: Path, each: int) -> None:
    """The record alone: seed is ended when everything is committed, not waiting for views."""
    words = ["seed", "--users", str(each), "--products", str(each), "--orders", str(each)]
    line = [str(bench.programs / "cqrsctl"), "--data-dir", str(directory), *words]
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bench.children.append(child)
    until = time.monotonic() + 300
    while head(directory) < 3 * each:
        if time.monotonic() > until or child.poll() is not None:
            raise Failed("the record was not filled")
        time.sleep(0.1)
    child.terminate()
    child.wait()
    bench.children.remove(child)


@row("standard-relay")
def standard_relay(bench: Bench) -> Rows:
    each = bench.each // 10
    line = Line("relay: events table to acknowledged in Kafka", "/s", "cqrsctl up, with the relay started last", 50_000)
    with servers(bench) as standard:
        for _ in range(bench.runs):
            with standard.system() as directory:
                # Only the command side works while the record is filled, only the relay afterwards.
                for role in ("relay", "projector"):
                    signal_role(directory, role, signal.SIGTERM)
                time.sleep(2)
                fill(bench, directory, each)
                bench.ctl(directory, "up")
                signal_role(directory, "projector", signal.SIGSTOP)
                started = await_metric(directory, "relay", "cqrs_published_position", 1)
                begun = metric(directory, "relay", "cqrs_published_position")
                ended = await_metric(directory, "relay", "cqrs_published_position", 3 * each)
                signal_role(directory, "projector", signal.SIGCONT)
                if ended > started:
                    line.samples.append((3 * each - begun) / (ended - started))
                else:
                    say("the relay was faster than it could be watched")
    return [line]


@row("standard-verify")
def standard_verify(bench: Bench) -> Rows:
    orders = bench.each
    some = orders // 30
    command = "cqrsctl verify --mode buckets"
    what = f"verify of {short_count(orders)} orders, PostgreSQL against Redis, buckets"
    equal = Line(f"{what}, equal", "s", command, 2, at_most=True)
    differing = Line(f"{what}, 10 differences", "s", command, 3, at_most=True)
    rows = Line("rows fetched for it", "", command, 1_000, at_most=True)
    deep = Line(f"verify of {short_count(orders)} orders, deep", "s", "cqrsctl verify --mode deep")
    used = Line("memory of `cqrsctl` for it", "MB", command, 50, at_most=True)
    with servers(bench) as standard, standard.system() as directory:
        words = ["seed", "--users", str(some), "--products", str(some), "--orders", str(orders)]
        bench.ctl(directory, *words)
        for _ in range(bench.runs):
            equal.samples.append(bench.ctl(directory, "verify", "--mode", "buckets")[0]["elapsed_s"])
            deep.samples.append(bench.ctl(directory, "verify", "--mode", "deep")[0]["elapsed_s"])
        schema = json.loads((directory / "system.json").read_text())["namespace"]
        # As if ten events had never reached the views.
        spoil = (
            f"UPDATE {schema}.streams SET version = version + 1, digest_low = digest_low # 1 WHERE kind = 3 AND id IN "
            f"(SELECT id FROM {schema}.streams WHERE kind = 3 ORDER BY md5(id::text) LIMIT 10)"
        )
        code, _, err = bench.run(["psql", standard.urls()["postgres"], "-qc", spoil])
        if code != 0:
            raise Failed(f"psql: {err.strip()[-300:]}")
        for _ in range(bench.runs):
            out = bench.ctl(directory, "verify", "--mode", "buckets", allowed=(1,))[0]
            differing.samples.append(out["elapsed_s"])
            rows.samples.append(sum(edge["rows_fetched"] for edge in out["edges"]))
            used.samples.append(peak_memory(bench, directory, "verify", "--mode", "buckets"))
    return [equal, differing, rows, used, deep]


def request_times(bench: Bench, directory: Path, count: int, rate: float) -> list[float]:
    """Milliseconds of each POST over one connection, nothing else on its way; `rate` 0: one after the other."""
    port = int(bench.url(directory).rsplit(":", 1)[1])
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            body = json.dumps({"email": f"u{random.getrandbits(60)}@example.com", "name": "Ada"}).encode()
            head = f"POST /v1/users HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            started = time.perf_counter()
            connection.sendall(head.encode() + b"\r\n\r\n" + body)
            answer = connection.recv(65536)
            times.append(1000 * (time.perf_counter() - started))
            if b" 201 " not in answer[:20]:
                raise Failed(f"not created: {answer[:200]!r}")
            if rate > 0:  # not in step with what the roles do at regular times
                time.sleep(random.uniform(0.5, 1.5) / rate)
    return times


def commit_times(bench: Bench, url: str, count: int, rate: int) -> list[float]:
    """Milliseconds of each bare commit, from when it was sent."""
    script = bench.scratch / "one-row.sql"
    script.write_text("INSERT INTO bare(text) VALUES(repeat('x', 200));\n")
    log = bench.scratch / f"pgbench-{time.monotonic_ns()}"
    pace = ["-R", str(rate), "-T", str(max(1, count // rate))] if rate else ["-t", str(count)]
    words = ["pgbench", "-n", "-c1", *pace, "-f", str(script), "-l", f"--log-prefix={log}", url]
    code, _, err = bench.run(words)
    if code != 0:
        raise Failed(f"pgbench: {err.strip()[-300:]}")
    rows = [line.split() for path in bench.scratch.glob(f"{log.name}.*") for line in path.read_text().splitlines()]
    # With a rate the time counts from when it was due; the last column is how much later it was sent.
    return [(int(row[2]) - (int(row[6]) if rate else 0)) / 1000 for row in rows]


@row("standard-single")
def standard_single(bench: Bench) -> Rows:
    rate = 20
    sent = "POST /v1/users over one connection"
    single = Line(f"a lone command at {rate}/s, gateway to durable commit, p50", "ms", sent)
    bare = Line(f"a bare PostgreSQL commit of one row at {rate}/s, p50", "ms", f"pgbench -c1 -R{rate} -f one-row.sql")
    ratio = Line("the one over the other", "", f"{sent}; pgbench", 2.5, at_most=True)
    busy = Line("a lone command right behind the one before, p50", "ms", sent)
    busy_bare = Line("a bare PostgreSQL commit right behind the one before, p50", "ms", "pgbench -c1 -f one-row.sql")
    count = 100 if bench.quick else 300
    with servers(bench) as standard, standard.system() as directory:
        url = standard.urls()["postgres"]
        bench.run(["psql", url, "-qc", "CREATE TABLE IF NOT EXISTS bare(id serial PRIMARY KEY, text text)"])
        request_times(bench, directory, 100, 0)  # caches are warm then
        for _ in range(bench.runs):
            bare.samples.append(statistics.median(commit_times(bench, url, count, rate)))
            single.samples.append(statistics.median(request_times(bench, directory, count, rate)))
            ratio.samples.append(single.samples[-1] / bare.samples[-1])
            busy_bare.samples.append(statistics.median(commit_times(bench, url, 5 * count, 0)))
            busy.samples.append(statistics.median(request_times(bench, directory, 5 * count, 0)))
    return [single, bare, ratio, busy, busy_bare]


def ages(directory: Path) -> dict[float, float]:
    """How many events were published at an age of at most so many seconds."""
    text = metrics(directory, "relay")
    found = re.findall(r'^cqrs_publish_age_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {float(limit.replace("+Inf", "inf")): float(count) for limit, count in found}


def quantile(counts: dict[float, float], share: float) -> float:
    """In seconds, as Prometheus' histogram_quantile: evenly spread within a bucket."""
    wanted = share * counts[float("inf")]
    below, from_ = 0.0, 0.0
    for limit, count in sorted(counts.items()):
        if count >= wanted:
            return from_ if limit == float("inf") else from_ + (limit - from_) * (wanted - below) / (count - below)
        below, from_ = count, limit
    raise Failed("no event was published")


@row("standard-publish")
def standard_publish(bench: Bench) -> Rows:
    each = 2_000 * (5 if bench.quick else 20) // 3
    command = seed_command(each, " --rate 2000")
    line = Line("write to acknowledged in Kafka at 2,000 commands/s, p99", "ms", command, 60, at_most=True)
    with servers(bench) as standard, standard.system() as directory:
        seed(bench, directory, 500, "--rate", "1000")  # connections, topics and caches are warm then
        for at in range(bench.runs):
            before = ages(directory)
            seed(bench, directory, each, "--rate", "2000", "--seed", str(100 + at))
            after = ages(directory)
            moved = {limit: count - before.get(limit, 0) for limit, count in after.items()}
            line.samples.append(1000 * quantile(moved, 0.99))
    return [line]
