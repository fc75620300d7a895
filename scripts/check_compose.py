#!/usr/bin/env python3
"""Checks the containers without a container engine: compose.yml and deploy/images/Dockerfile.

What it can, it asks of Docker Compose or of the published schema (check-jsonschema), and of hadolint, when they
are there; it says which were not. The rest are rules of this house, see `service_problems`. `--self-test` proves them.
"""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "compose.yml"
DOCKERFILE = ROOT / "deploy/images/Dockerfile"
DRAIN_S = 30  # how long a role answers what it has accepted
# Of the image that ours is built from.
BASE_PACKAGES = {"libc6", "libgcc-s1", "libstdc++6"}
# The image's entry point takes NAME from the file that NAME_FILE names.
FILE_SUFFIX = "_FILE"

Services = dict[str, dict]


def one_shot(service: dict) -> bool:
    return service.get("restart") == "no"


def image_problems(service: dict) -> Iterator[str]:
    image = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service.get("image", ""))
    tag = image.rpartition(":")[2] if ":" in image else ""
    if tag in ("", "latest"):
        yield f"its image \"{image}\" has no fixed tag: name one"


def safety_problems(service: dict) -> Iterator[str]:
    for port in service.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            yield f"publishes {port} to everybody: begin it with 127.0.0.1:"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges: add security_opt no-new-privileges:true"
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    for limit in ("cpus", "memory", "pids"):
        if limit not in limits:
            yield f"has no limit of {limit} under deploy.resources.limits"
    if "build" in service:
        if not service.get("read_only"):
            yield "may write to its root file system: add read_only: true"
        if service.get("cap_drop") != ["ALL"]:
            yield "keeps capabilities: add cap_drop: [ALL]"


def life_problems(service: dict) -> Iterator[str]:
    if one_shot(service):
        return
    if not service.get("healthcheck", {}).get("test"):
        yield "has no health check"
    grace = re.fullmatch(r"(\d+)s", service.get("stop_grace_period", "10s"))
    if "build" in service and (grace is None or int(grace[1]) <= DRAIN_S):
        yield f"is killed before its {DRAIN_S} s for stopping are over: raise stop_grace_period"


def dependency_problems(service: dict, services: Services) -> Iterator[str]:
    for name, wanted in service.get("depends_on", {}).items():
        other = services.get(name)
        if other is None:
            yield f"waits for {name}, which is no service"
            continue
        missing = set(service.get("profiles", [])) - set(other.get("profiles", []))
        if missing and wanted.get("required", True):
            yield f"waits for {name}, which is not in the profile {', '.join(sorted(missing))}"
        expected = "service_completed_successfully" if one_shot(other) else "service_healthy"
        if wanted.get("condition") != expected:
            yield f"waits for {name} by {wanted.get('condition')}: that service calls for {expected}"


def variable_problems(service: dict, known: set[str]) -> Iterator[str]:
    for name in service.get("environment", {}):
        if name.startswith(("CQRSD_", "CQRSCTL_")) and name.removesuffix(FILE_SUFFIX) not in known:
            yield f"sets {name}, which no program reads"


def service_problems(services: Services, known: set[str]) -> list[str]:
    rules: list[Callable[[dict], Iterator[str]]] = [
        image_problems,
        safety_problems,
        life_problems,
        lambda service: dependency_problems(service, services),
        lambda service: variable_problems(service, known),
    ]
    return [
        f"compose.yml: {name} {problem}"
        for name, service in services.items()
        for rule in rules
        for problem in rule(service)
    ]


def known_variables() -> set[str]:
    sources = [*ROOT.glob("services/*.cc"), *ROOT.glob("cli/**/*.cc")]
    pattern = re.compile(r'"(CQRS(?:D|CTL)_[A-Z_]+)"')
    return {name for path in sources for name in pattern.findall(path.read_text())}


def run(*command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)


def composer() -> list[str]:
    """Docker Compose from 2.20 on: earlier ones do not know of dependencies that are not required."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        version = re.search(r"(\d+)\.(\d+)", run(*command, "version", "--short").stdout)
        if version and (int(version[1]), int(version[2])) >= (2, 20):
            return command
    return []


def loader_problems(profiles: list[str]) -> tuple[list[str], str]:
    """What another's tool says of compose.yml, and which tool it was."""
    command = composer()
    if command:
        results = [run(*command, "--profile", profile, "config", "--quiet") for profile in profiles]
        return [result.stderr.strip() for result in results if result.returncode != 0], " ".join(command)
    if shutil.which("check-jsonschema"):
        result = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
        return [result.stdout + result.stderr] if result.returncode != 0 else [], "check-jsonschema"
    return [], ""


def run_instructions(dockerfile: str) -> list[str]:
    """The scripts of its RUN instructions, without options, comments and line ends."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    scripts = [line.removeprefix("RUN ") for line in joined.splitlines() if line.startswith("RUN ")]
    return [re.sub(r"^\s*(--\S+\s+)+", "", script) for script in scripts]


def dockerfile_problems() -> tuple[list[str], str]:
    if shutil.which("hadolint"):
        result = run("hadolint", str(DOCKERFILE))
        return [result.stdout + result.stderr] if result.returncode != 0 else [], "hadolint"
    if not shutil.which("shellcheck"):
        return [], ""
    script = "set -euo pipefail\n" + "\n".join(run_instructions(DOCKERFILE.read_text())) + "\n"
    result = run("shellcheck", "--shell=bash", "-", text=script)
    return [f"Dockerfile, its RUN lines: {result.stdout}"] if result.returncode != 0 else [], "shellcheck"


def package_problems() -> tuple[list[str], str]:
    """Every library of the release programs must be in a package that the image installs."""
    programs = [ROOT / "build/release/bin" / name for name in ("cqrsctl", "cqrsd")]
    if not all(path.is_file() for path in programs) or not shutil.which("dpkg-query"):
        return [], ""
    installed = set(re.findall(r"(?<=\s)(?:lib|zlib)[\w.+-]+", " ".join(run_instructions(DOCKERFILE.read_text()))))
    needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", *map(str, programs)).stdout)
    found = []
    for library in sorted(set(needed)):
        owners = set(re.findall(r"^([^:\s]+)", run("dpkg-query", "-S", f"*/{library}").stdout, re.MULTILINE))
        if owners and not owners & (installed | BASE_PACKAGES):
            found.append(f"Dockerfile: the programs need {library}, from {', '.join(sorted(owners))}")
    return found, "the libraries of build/release"


def self_test() -> int:
    good = {
        "a": {
            "image": "a:1",
            "restart": "no",
            "security_opt": ["no-new-privileges:true"],
            "deploy": {"resources": {"limits": {"cpus": "1", "memory": "1g", "pids": 9}}},
            "profiles": ["p", "q"],
        }
    }
    good["b"] = copy.deepcopy(good["a"]) | {
        "image": "${X:-b:1}", "build": ".", "restart": "always", "read_only": True, "cap_drop": ["ALL"],
        "stop_grace_period": "45s", "healthcheck": {"test": ["CMD", "x"]}, "ports": ["127.0.0.1:1:1"],
        "environment": {"CQRSD_X_FILE": "y"}, "depends_on": {"a": {"condition": "service_completed_successfully"}},
    }
    spoilt: list[tuple[str, str, object]] = [
        ("b", "image", "b"), ("b", "image", "b:latest"), ("b", "ports", ["1:1"]), ("b", "security_opt", []),
        ("b", "deploy", {"resources": {"limits": {"cpus": "1", "memory": "1g"}}}), ("b", "read_only", False),
        ("b", "cap_drop", []), ("b", "stop_grace_period", "30s"), ("b", "healthcheck", {"disable": True}),
        ("a", "profiles", ["p"]), ("b", "environment", {"CQRSD_Y": "y"}),
        ("b", "depends_on", {"c": {}}), ("b", "depends_on", {"a": {"condition": "service_healthy"}}),
    ]
    known = {"CQRSD_X"}
    failures = [f"should be accepted: {problem}" for problem in service_problems(good, known)]
    for name, key, value in spoilt:
        services = copy.deepcopy(good)
        services[name][key] = value
        if len(service_problems(services, known)) != 1:
            failures.append(f"should be rejected once: {key}: {value}")
    if run_instructions("RUN a \\\n  # c\n  && b\nCOPY x y\nRUN --mount=z d\n") != ["a    && b", "d"]:
        failures.append("RUN instructions are read wrongly")
    print("\n".join(failures) or f"check_compose: {len(spoilt) + 2} self-tests passed")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        return self_test()
    if arguments:
        print("usage: check_compose.py [--self-test]", file=sys.stderr)
        return 2
    found: list[str] = []
    used: list[str] = []
    absent: list[str] = []
    try:
        import yaml  # Debian's python3-yaml; nothing else of this project needs it
    except ImportError:
        absent.append("the rules of the house for compose.yml (python3-yaml)")
        profiles = ["deps", "full", "ha"]
    else:
        services: Services = yaml.safe_load(COMPOSE.read_text())["services"]
        found += service_problems(services, known_variables())
        used.append("the rules of the house")
        profiles = sorted({name for service in services.values() for name in service.get("profiles", [])})
    for name, (problems, tool) in {
        "the form of compose.yml (docker compose 2.20 or check-jsonschema)": loader_problems(profiles),
        "the Dockerfile (hadolint or shellcheck)": dockerfile_problems(),
        "the packages of the image (build/release)": package_problems(),
    }.items():
        found += problems
        (used.append(tool) if tool else absent.append(name))
    print("\n".join(found) or f"check_compose: nothing found by {', '.join(used)}")
    if absent:
        print(f"check_compose: NOT CHECKED, because that is not there: {'; '.join(absent)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
