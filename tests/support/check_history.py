#!/usr/bin/env python3
"""Checks a history of `cqrsctl ledger export` without any code of ours: docs/formats/history.md.

usage: check_history.py FILE   (JSON lines)

Prints a line for each violation; exit 0: none, 1: some, 2: this is no history.

  order     a write that began after another of the same key had ended has the higher version
  unique    no version of a key was acknowledged twice
  token     a read that asked for a version saw at least that
  future    no read saw a version before the write of it began
  phantom   no read saw a version that no write can have made
"""

import json
import sys
from collections import defaultdict


def pairs(lines):
    """Every operation as (invocation, completion or None); checks that the history is well formed."""
    open_of = {}
    spent = set()
    done = []
    last = None
    for number, line in enumerate(lines):
        entry = json.loads(line)
        if entry["index"] != number:
            raise ValueError(f"index {entry['index']} stands at {number}")
        if last is not None and entry["time"] < last:
            raise ValueError(f"index {number} is earlier than the one before")
        last = entry["time"]
        process = entry["process"]
        if entry["type"] == "invoke":
            if process in open_of or process in spent:
                raise ValueError(f"index {number}: process {process} is not free")
            open_of[process] = entry
            continue
        if entry["type"] not in ("ok", "fail", "info"):
            raise ValueError(f"index {number}: there is no type {entry['type']}")
        begun = open_of.pop(process, None)
        if begun is None or begun["number"] != entry["number"]:
            raise ValueError(f"index {number}: process {process} did not begin this")
        if entry["type"] == "info":
            spent.add(process)
        done.append((begun, entry))
    return done + [(begun, None) for begun in open_of.values()]


def problems(operations):
    writes = defaultdict(list)
    reads = defaultdict(list)
    for begun, ended in operations:
        [[kind, key, _]] = begun["value"]
        (reads if kind == "r" else writes)[key].append((begun, ended))
    for key, all_of_key in writes.items():
        sure = [(b, e, e["value"][0][2]) for b, e in all_of_key if e is not None and e["type"] == "ok"]
        by_version = defaultdict(list)
        for begun, ended, version in sure:
            by_version[version].append(ended)
        for version, twice in by_version.items():
            if version > 0 and len(twice) > 1:
                yield f"unique: version {version} of {key} was acknowledged {len(twice)} times"
        # In order of their beginnings, against the highest version that had ended before.
        ends = sorted((e["index"], v) for _, e, v in sure if v > 0)
        highest, at = 0, 0
        for begun, _, version in sorted(sure, key=lambda each: each[0]["index"]):
            while at < len(ends) and ends[at][0] < begun["index"]:
                highest = max(highest, ends[at][1])
                at += 1
            if 0 < version <= highest:
                yield f"order: {key} got version {version} after version {highest} was acknowledged"
    for key, all_of_key in reads.items():
        maybe = [b for b, e in writes[key] if e is None or e["type"] == "info"]
        sure = {
            e["value"][0][2]: b for b, e in writes[key] if e is not None and e["type"] == "ok"
        }
        for begun, ended in all_of_key:
            if ended is None or ended["type"] != "ok":
                continue
            seen = ended["value"][0][2] or 0
            if seen < begun.get("min_version", 0):
                yield f"token: a read of {key} asked for version {begun['min_version']} and saw {seen}"
            if seen in sure and sure[seen]["index"] > ended["index"]:
                yield f"future: a read of {key} saw version {seen} before its write began"
            if seen > 0 and sure and seen not in sure and not maybe:
                yield f"phantom: a read of {key} saw version {seen}, which no write made"


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            operations = pairs(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"no history: {error}")
        return 2
    found = list(problems(operations))
    print("\n".join(found) or f"{len(operations)} operations, no violation")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
