#!/usr/bin/env python3
"""Enforces the dependency rule of the house, which CMake cannot: it sees targets, not includes.

Reads every #include of core/, services/ and cli/ and prints `file:line: reason` for each one that
points the wrong way. tests/ may include anything. `--self-test` proves that every rule fires.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("core", "services", "cli", "tests")
CHECKED = ("core", "services", "cli")
JSON = ("nlohmann", "simdjson")

# Which library an adapter is there for. A folder that is not listed may pick one, but only one.
ADAPTER_LIBRARY: dict[str, str | None] = {
    "memory": None,
    "sqlite": "sqlite3",
    "postgres": "pqxx",
    "kafka": "librdkafka",
    "connect": "boost",
    "redis": "hiredis",
    "mongo": "mongoc",
}
# What a C++ library wraps counts as that library, for what it does not pass on.
WRAPPED_BY = {"libpq-fe": "pqxx"}
# Where each cryptographic library is included, and nowhere else.
CRYPTO = {
    "openssl": "core/base/crypto.cc",
    "sodium": "core/base/password_hash.cc",
    "crypt": "core/base/password_hash.cc",
}

# What speaks TLS to the systems under load: OpenSSL once more, and only there.
TLS = "cli/load/tls.cc"

# The standard library has neither a dot nor a slash in its header names; these are C and POSIX.
# Keep in step with IncludeCategories in .clang-format.
STD = re.compile(r"[a-z0-9_]+")
C_FOLDERS = ("sys", "net", "netinet", "arpa", "linux")
C_HEADERS = frozenset(
    "dirent dlfcn errno execinfo fcntl getopt grp limits netdb poll pthread pwd sched semaphore "
    "signal spawn stdint stdio stdlib string strings syslog termios time ucontext unistd utime "
    "wait".split()
)

INCLUDE = re.compile(r'^\s*#\s*include(?:_next)?\s*(?:"([^"]+)"|<([^>]+)>|(\S.*))')
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Include:
    """One #include. `library` is set for third-party headers, `target` for files of this project."""

    source: str
    line: int
    text: str
    target: str | None
    library: str | None
    spelled_wrong: bool = False


def library_of(header: str) -> str | None:
    """The third-party library that <header> belongs to; None for the standard library and POSIX."""
    first, slash, _ = header.partition("/")
    if slash:
        return None if first in C_FOLDERS else first
    stem = first.split(".")[0]
    if STD.fullmatch(header) or (header.endswith(".h") and stem in C_HEADERS):
        return None
    return WRAPPED_BY.get(stem, stem)


def parse(source: str, text: str) -> Iterator[Include]:
    # Newlines inside comments stay, so that line numbers are those of the file.
    text = BLOCK_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if match is None:
            continue
        quoted, angled, macro = match.groups()
        name = quoted or angled or macro
        if macro is None and name.split("/")[0] in OURS and ".." not in name.split("/"):
            yield Include(source, number, name, target=name, library=None)
        elif angled is not None and ".." not in name.split("/"):
            yield Include(source, number, name, target=None, library=library_of(name))
        else:
            yield Include(source, number, name, None, None, spelled_wrong=True)


def under(path: str | None, *folders: str) -> bool:
    return path is not None and any(path.startswith(folder + "/") for folder in folders)


def adapter_of(source: str) -> str | None:
    parts = source.split("/")
    return parts[2] if parts[:2] == ["core", "adapters"] and len(parts) > 3 else None


def service_of(path: str) -> str:
    """The folder under services/; a file that lies directly there is a service of its own."""
    return path.split("/")[1]


def is_rpc(path: str) -> bool:
    """The files that speak gRPC. Their public headers, rpc_client.h and rpc_server.h, do not show it."""
    return path.startswith("services/chassis/rpc_")


def rpc_has_one_place(include: Include) -> str | None:
    if include.library not in ("grpcpp", "grpc", "google") or is_rpc(include.source):
        return None
    return "only services/chassis/rpc_* speaks gRPC"


def spelled_from_the_root(include: Include) -> str | None:
    if include.spelled_wrong:
        return "quote only our own headers, by their path from the repository's root"
    return None


def domain_sees_only_base(include: Include) -> str | None:
    if not under(include.source, "core/domain"):
        return None
    if include.library is not None:
        return "core/domain is pure: core/base and the standard library only"
    if include.target is not None and not under(include.target, "core/base", "core/domain"):
        return "core/domain includes only core/base"
    return None


def base_sees_only_itself(include: Include) -> str | None:
    if under(include.source, "core/base") and include.target is not None:
        if not under(include.target, "core/base"):
            return "core/base is the bottom: it includes only core/base"
    return None


def core_sees_only_core(include: Include) -> str | None:
    if under(include.source, "core") and include.target is not None:
        if not under(include.target, "core"):
            return "core includes only core"
    return None


def adapters_are_hidden(include: Include) -> str | None:
    if not under(include.target, "core/adapters") or under(include.source, "core/wiring"):
        return None
    own = adapter_of(include.source)
    if own is not None and under(include.target, f"core/adapters/{own}"):
        return None
    return "only core/wiring includes an adapter; everything else sees the port"


def wiring_is_the_top_of_core(include: Include) -> str | None:
    if under(include.source, "core") and not under(include.source, "core/wiring"):
        if under(include.target, "core/wiring"):
            return "core never includes core/wiring: it would see every adapter"
    return None


def core_has_no_libraries(include: Include) -> str | None:
    free = ("core/adapters", "core/wiring", "core/domain")  # the last has a stricter rule above
    if not under(include.source, "core") or under(include.source, *free):
        return None
    if include.library in CRYPTO:
        return None  # the rule below
    if include.library not in (None, *JSON):
        return f"core includes only the standard library and JSON, not {include.library}"
    return None


def crypto_has_one_place(include: Include) -> str | None:
    if include.library == "openssl" and include.source == TLS:
        return None
    if include.library in CRYPTO and include.source != CRYPTO[include.library]:
        return f"only {CRYPTO[include.library]} includes {include.library}"
    return None


def services_are_separate(include: Include) -> str | None:
    if not (under(include.source, "services") and under(include.target, "services")):
        return None
    assert include.target is not None
    # Files directly under services/ put the services together: they may see all of them.
    if include.source.count("/") == 1:
        return None
    own, other = service_of(include.source), service_of(include.target)
    if own == other or other == "chassis":
        return None
    if other == "api" and is_rpc(include.source):
        return None
    return f"service {own} includes service {other}: share through core or services/chassis"


def halves_are_separate(include: Include) -> str | None:
    if under(include.source, "services") and under(include.target, "cli"):
        return "services never include cli"
    if under(include.source, "cli") and under(include.target, "services"):
        return "cli never includes services"
    return None


def no_tests_in_production(include: Include) -> str | None:
    return "production code never includes tests" if under(include.target, "tests") else None


Rule = Callable[[Include], "str | None"]
RULES: tuple[Rule, ...] = (
    spelled_from_the_root,
    domain_sees_only_base,
    base_sees_only_itself,
    core_sees_only_core,
    adapters_are_hidden,
    wiring_is_the_top_of_core,
    core_has_no_libraries,
    crypto_has_one_place,
    services_are_separate,
    rpc_has_one_place,
    halves_are_separate,
    no_tests_in_production,
)


def adapter_problems(includes: list[Include]) -> Iterator[tuple[Include, str]]:
    """One adapter, one library: needs all includes of the folder at once, unlike the other rules."""
    chosen: dict[str, str | None] = dict(ADAPTER_LIBRARY)
    for include in includes:
        adapter = adapter_of(include.source)
        if adapter is None or include.library in (None, *JSON):
            continue
        allowed = chosen.setdefault(adapter, include.library)
        if include.library != allowed:
            yield include, f"adapter {adapter} may include {allowed or 'no library'}, not {include.library}"


def problems(files: dict[str, str]) -> list[str]:
    """All violations in `files` (path from the root to its text), one line each, at most one reason."""
    includes = [item for path in sorted(files) for item in parse(path, files[path])]
    found: dict[Include, str] = {}
    for include in includes:
        reason = next((text for rule in RULES if (text := rule(include)) is not None), None)
        if reason is not None:
            found[include] = reason
    for include, reason in adapter_problems(includes):
        found.setdefault(include, reason)
    return [f"{item.source}:{item.line}: {why} ({item.text})" for item, why in found.items()]


def read_tree(root: Path) -> dict[str, str]:
    paths = (
        path
        for top in CHECKED
        for path in (root / top).rglob("*")
        if path.suffix in (".cc", ".h") and path.is_file()
    )
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


# (file, its include, part of the reason expected; None: allowed)
CASES: tuple[tuple[str, str, str | None], ...] = (
    ("core/domain/user/user.h", '"core/base/money.h"', None),
    ("core/domain/user/user.h", '"core/domain/claim.h"', None),
    ("core/domain/user/user.h", '"core/events/event.h"', "core/domain includes only"),
    ("core/domain/user/user.h", "<nlohmann/json.hpp>", "core/domain is pure"),
    ("core/base/json.h", "<nlohmann/json.hpp>", None),
    ("core/base/clock.cc", "<sys/time.h>", None),
    ("core/base/clock.cc", "<unistd.h>", None),
    ("core/base/clock.cc", '"core/log/event_log.h"', "core/base is the bottom"),
    ("core/base/crypto.cc", "<openssl/evp.h>", None),
    ("core/base/password_hash.cc", "<sodium.h>", None),
    ("core/base/password_hash.cc", "<crypt.h>", None),
    ("core/base/crypto.cc", "<sodium.h>", "only core/base/password_hash.cc"),
    ("core/base/password_hash.cc", "<openssl/evp.h>", "only core/base/crypto.cc"),
    ("core/base/crypto.cc", "<boost/asio.hpp>", "not boost"),
    ("core/base/digest.cc", "<openssl/evp.h>", "only core/base/crypto.cc"),
    ("core/wiring/keys.cc", "<openssl/evp.h>", "only core/base/crypto.cc"),
    ("services/auth/token.cc", "<sodium.h>", "only core/base/password_hash.cc"),
    ("core/write/handler.cc", "<vector>", None),
    ("core/write/handler.cc", "<boost/asio.hpp>", "not boost"),
    ("core/write/handler.cc", "<sqlite3.h>", "not sqlite3"),
    ("core/write/handler.cc", '"services/chassis/http.h"', "core includes only core"),
    ("core/write/handler.cc", '"cli/app.h"', "core includes only core"),
    ("core/write/handler.cc", '"core/adapters/sqlite/store.h"', "only core/wiring"),
    ("core/write/handler.cc", '"core/wiring/stores.h"', "never includes core/wiring"),
    ("core/write/handler.cc", '"handler.h"', "from the repository's root"),
    ("core/write/handler.cc", '"../log/relay.h"', "from the repository's root"),
    ("core/write/handler.cc", "<core/adapters/sqlite/store.h>", "only core/wiring"),
    ("core/write/handler.cc", "HEADER_MACRO", "from the repository's root"),
    ("core/wiring/stores.cc", '"core/adapters/sqlite/store.h"', None),
    ("core/adapters/sqlite/store.cc", '"core/adapters/sqlite/statement.h"', None),
    ("core/adapters/sqlite/store.cc", "<sqlite3.h>", None),
    ("core/adapters/sqlite/store.cc", "<nlohmann/json.hpp>", None),
    ("core/adapters/sqlite/store.cc", "<boost/asio.hpp>", "may include sqlite3"),
    ("core/adapters/sqlite/store.cc", '"core/adapters/memory/store.h"', "only core/wiring"),
    ("core/adapters/memory/store.cc", "<sqlite3.h>", "may include no library"),
    ("core/adapters/new/store.cc", "<one/a.h>", None),
    ("services/command/role.cc", '"core/wiring/stores.h"', None),
    ("services/command/role.cc", '"services/chassis/server.h"', None),
    ("services/command/role.cc", '"services/query/role.h"', "includes service query"),
    ("services/chassis/server.cc", '"services/query/role.h"', "includes service query"),
    ("services/command/role.cc", '"core/adapters/sqlite/store.h"', "only core/wiring"),
    ("services/command/role.cc", '"cli/app.h"', "services never include cli"),
    ("services/cqrsd.cc", '"services/query/role.h"', None),
    ("services/embedded.cc", '"services/query/role.h"', None),
    ("services/query/role.cc", '"services/embedded.h"', "includes service embedded.h"),
    ("services/chassis/rpc_link.cc", '"services/api/exchange.grpc.pb.h"', None),
    ("services/chassis/rpc_link.cc", "<grpcpp/channel.h>", None),
    ("services/chassis/server.cc", '"services/api/exchange.pb.h"', "includes service api"),
    ("services/command/role.cc", '"services/api/exchange.pb.h"', "includes service api"),
    ("services/command/role.cc", "<grpcpp/channel.h>", "only services/chassis/rpc_*"),
    ("cli/load/tls.cc", "<openssl/ssl.h>", None),
    ("cli/load/tls.cc", "<sodium.h>", "only core/base/password_hash.cc"),
    ("cli/load/fetch.cc", "<openssl/ssl.h>", "only core/base/crypto.cc"),
    ("cli/main.cc", '"services/chassis/http.h"', "cli never includes services"),
    ("cli/main.cc", '"core/adapters/memory/store.h"', "only core/wiring"),
    ("cli/main.cc", '"tests/support/clock.h"', "never includes tests"),
    ("cli/main.cc", "<CLI/CLI.hpp>", None),
)


def self_test() -> int:
    failures = []
    for source, header, expected in CASES:
        found = problems({source: f"#include {header}\n"})
        right = not found if expected is None else len(found) == 1 and expected in found[0]
        if not right:
            failures.append(f"{source} includes {header}: expected {expected}, found {found}")
    two = problems({"core/adapters/new/a.cc": "#include <one/a.h>\n#include <two/b.h>\n"})
    if len(two) != 1 or ":2: adapter new may include one, not two" not in two[0]:
        failures.append(f"a second library in one adapter: found {two}")
    hidden = problems({"core/log/a.cc": '/* #include <boost/a.h>\n*/ // #include "x.h"\n'})
    if hidden:
        failures.append(f"an include inside a comment: found {hidden}")
    print("\n".join(failures) or f"check_layers: {len(CASES) + 2} self-tests passed")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        return self_test()
    if arguments:
        print("usage: check_layers.py [--self-test]", file=sys.stderr)
        return 2
    files = read_tree(Path(__file__).resolve().parent.parent)
    found = problems(files)
    print("\n".join(found) or f"check_layers: {len(files)} files follow the dependency rule")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
