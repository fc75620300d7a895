#!/usr/bin/env python3
"""Every shipped scenario keeps scenarios/schema.json, and the schema refuses what the program refuses.

The bad examples are those of the program's own test. `--self-test` proves that a spoiled scenario and a schema that
lets too much pass are noticed.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "scenarios/schema.json"
BAD = ROOT / "tests/unit/workload/bad_scenarios.json"


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def complaints(schema: dict, scenario: Any) -> Iterator[str]:
    for error in Draft202012Validator(schema).iter_errors(scenario):
        yield f"{error.json_path}: {error.message[:200]}"


def shipped_problems(schema: dict) -> Iterator[str]:
    for path in sorted(SCHEMA.parent.glob("*.json")):
        if path == SCHEMA:
            continue
        scenario = json.loads(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT).as_posix()
        for complaint in complaints(schema, scenario):
            yield f"{name}: {complaint}"
        if scenario.get("name") != path.stem:
            yield f"{name}: its name is {scenario.get('name')!r}: call it {path.stem!r}"


def example_problems(schema: dict, bad: dict) -> Iterator[str]:
    for complaint in complaints(schema, bad["base"]):
        yield f"the good example is refused: {complaint}"
    for case in bad["cases"]:
        refused = any(complaints(schema, merged(bad["base"], case["patch"])))
        if refused != case["schema"]:
            told = "refuses" if refused else "accepts"
            yield f"the schema {told} {json.dumps(case['patch'])}: the table says otherwise"


def self_test(schema: dict, bad: dict) -> int:
    Draft202012Validator.check_schema(schema)
    failures = []
    if not any(complaints(schema, merged(bad["base"], {"phases": [{"name": "no arrival"}]}))):
        failures.append("a phase without an arrival is accepted")
    loose = merged(schema, {"additionalProperties": True})
    if not any(example_problems(loose, bad)):
        failures.append("a schema that lets unknown members pass is not noticed")
    if len(bad["cases"]) < 50 or sum(case["schema"] for case in bad["cases"]) < 30:
        failures.append("the table of bad examples has shrunk")
    print("\n".join(failures) or "check_scenarios: self-tests passed")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    bad = json.loads(BAD.read_text(encoding="utf-8"))
    if arguments == ["--self-test"]:
        return self_test(schema, bad)
    if arguments:
        print("usage: check_scenarios.py [--self-test]", file=sys.stderr)
        return 2
    found = [*shipped_problems(schema), *example_problems(schema, bad)]
    count = len(list(SCHEMA.parent.glob("*.json"))) - 1
    print("\n".join(found) or f"check_scenarios: {count} scenarios and {len(bad['cases'])} bad examples fit the schema")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
