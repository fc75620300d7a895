#!/usr/bin/env python3
"""House rules that no compiler knows, over every file that git tracks or would track.

No paths of one machine, no host names of package registries (a build takes what Debian packages),
no source file over 400 lines, and everything with a `#!` can be executed. `--self-test` proves them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LINES_MAX = 400
LIMITED = (".cc", ".h", ".py")

# Bracketed so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}~/-])/(?:wor[k]/|roo[t]/|hom[e]/\w|User[s]/\w)")
REGISTRY = re.compile(
    r"\b(?:repo1?[.]maven|pypi[.]org|files[.]pythonhosted|crates[.]io|registry[.]npmjs"
    r"|registry[.]yarnpkg|proxy[.]golang[.]org|rubygems[.]org)",
    re.IGNORECASE,
)


def project_files(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.split("\0")
    paths = (root / name for name in listed if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def line_problems(line: str, checkout: str | None) -> Iterator[str]:
    if MACHINE_PATH.search(line) or (checkout is not None and checkout in line):
        yield "a path of one machine: make it relative, or take it from an option"
    if REGISTRY.search(line):
        yield "names a package registry: the build takes what Debian packages"


def problems(name: str, content: bytes, executable: bool, checkout: str | None) -> list[str]:
    if b"\0" in content:
        return []
    lines = content.decode("utf-8", "replace").splitlines()
    found = [
        f"{name}:{number}: {reason}"
        for number, line in enumerate(lines, start=1)
        for reason in line_problems(line, checkout)
    ]
    if name.endswith(LIMITED) and len(lines) > LINES_MAX:
        found.append(f"{name}:{len(lines)}: over {LINES_MAX} lines: split it by what it is about")
    if content.startswith(b"#!") and not executable:
        found.append(f"{name}:1: has a #! line but cannot be executed: chmod +x {name}")
    return found


def own_path(root: Path) -> str | None:
    """The checkout's path, unless it is as short and common as /src."""
    return f"{root}/" if len(root.parts) > 2 else None


def self_test() -> int:
    registry = "pypi" + ".org"
    rejected = (
        ("a.md", b"see /wor" + b"k/x\n", True, None),
        ("a.md", b"see (/hom" + b"e/jo/x)\n", True, None),
        ("a.md", b"see /a/checkout/x\n", True, "/a/checkout/"),
        ("a.md", f"from https://{registry}/x\n".encode(), True, None),
        ("a.cc", b"\n" * (LINES_MAX + 1), True, None),
        ("scripts/a", b"#!/bin/sh\n", False, None),
    )
    accepted = (
        ("a.md", b"build/work/x ${root}/work/ https://host/root/x\n" * LINES_MAX, False, None),
        ("a.cc", b"\n" * LINES_MAX, False, None),
        ("a.json", b"{}\n" * 9999, False, "/a/checkout/"),
        ("a.png", b"\0#!", False, None),
    )
    failures = [f"should be rejected once: {case[0]}" for case in rejected if len(problems(*case)) != 1]
    failures += [f"should be accepted: {case[0]}: {problems(*case)[0]}" for case in accepted if problems(*case)]
    count = len(rejected) + len(accepted)
    print("\n".join(failures) or f"check_house: {count} self-tests passed")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        return self_test()
    if arguments:
        print("usage: check_house.py [--self-test]", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parent.parent
    paths = project_files(root)
    found = [
        problem
        for path in paths
        for problem in problems(
            path.relative_to(root).as_posix(), path.read_bytes(), os.access(path, os.X_OK), own_path(root)
        )
    ]
    print("\n".join(found) or f"check_house: {len(paths)} files keep the house rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
