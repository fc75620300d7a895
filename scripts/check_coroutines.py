#!/usr/bin/env python3
"""Rejects three ways to write a coroutine that g++ 12 compiles wrongly or not at all.

1. A lambda that captures by value in the same full expression as a `co_await`, inside the awaited
   call or beside it: the closure lives in the coroutine frame and its captures are destroyed twice.
   Captures by reference and `this` have nothing to destroy and are fine.
2. `{{...}}` in the same full expression as a `co_await`: "array used as initializer".
3. `co_spawn(io, [..]() -> awaitable<void> {...}(), ...)`: the closure dies at the end of the
   statement while the coroutine goes on reading its captures. Pass the lambda itself.

The way out of 1 and 2 is to name the closure or the container first. Works on text with comments and
literals blanked out, not on a syntax tree. `--self-test` proves that each rule fires.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKED = ("core", "services", "cli", "tests")

BY_VALUE = "capture by value beside co_await is destroyed twice by g++ 12: name the closure first"
DOUBLE_BRACES = "{{...}} beside co_await does not compile with g++ 12: name the container first"
CALLED_CLOSURE = "co_spawn of a closure that is called at once dangles: pass the lambda itself"

LITERALS = re.compile(
    r'R"(?P<mark>[^\s()\\]{0,16})\((?:.|\n)*?\)(?P=mark)"'  # raw string
    r"|//[^\n]*|/\*(?:.|\n)*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # a quote after a digit separates thousands
)
PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {closer: opener for opener, closer in PAIRS.items()}
CONDITION = re.compile(r"(?:\}\s*)?(?:else\b\s*)?(?:if(?:\s+constexpr)?|for|while|switch)\s*(?=\()")
CONDITION_WORD = re.compile(r"\b(?:if|if\s+constexpr|for|while|switch)\s*$")
# A '[' after one of these begins a lambda although a word stands before it.
WORDS_BEFORE_LAMBDA = re.compile(r"\b(?:return|co_return|co_await|co_yield|case|else|throw)\s*$")


@dataclass(frozen=True)
class Lambda:
    """Positions of the introducer `[captures]` and of the body's braces."""

    begin: int
    captures: str
    body: int
    end: int  # just after the body's closing brace


def blank(text: str) -> str:
    """Replaces comments and literals by spaces of the same shape, a string by an empty one."""

    def replace(match: re.Match[str]) -> str:
        found = match.group()
        spaces = re.sub(r"[^\n]", " ", found)
        return f'"{spaces[2:]}"' if found.endswith('"') else spaces

    return LITERALS.sub(replace, text)


class Code:
    """A blanked text with its brackets matched."""

    def __init__(self, text: str) -> None:
        self.text = blank(text)
        self.partner: dict[int, int] = {}
        self.encloser: dict[int, int | None] = {}  # of each bracket and each `;`: the opener around it
        self._match_brackets()
        self.lambdas = {found.begin: found for found in self._find_lambdas()}

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def _match_brackets(self) -> None:
        open_ones: list[int] = []
        for position, char in enumerate(self.text):
            if char in PAIRS:
                self.encloser[position] = open_ones[-1] if open_ones else None
                open_ones.append(position)
            elif char in CLOSERS and open_ones and self.text[open_ones[-1]] == CLOSERS[char]:
                opener = open_ones.pop()
                self.partner[opener] = position
                self.partner[position] = opener
            elif char == ";":
                self.encloser[position] = open_ones[-1] if open_ones else None
        self.separated = {opener for at, opener in self.encloser.items() if self.text[at] == ";"}

    def enclosing(self, position: int) -> int | None:
        """The innermost opener around `position`."""
        at = position - 1
        while at >= 0:
            if self.text[at] in CLOSERS and at in self.partner:
                at = self.partner[at]
            elif self.text[at] in PAIRS:
                return at
            at -= 1
        return None

    def _find_lambdas(self) -> Iterator[Lambda]:
        for begin, char in enumerate(self.text):
            if char != "[" or begin not in self.partner or not self._begins_lambda(begin):
                continue
            close = self.partner[begin]
            body = self._body_after(close + 1)
            if body is not None:
                yield Lambda(begin, self.text[begin + 1 : close], body, self.partner[body] + 1)

    def _begins_lambda(self, begin: int) -> bool:
        if self.text[begin + 1 : begin + 2] == "[" or self.text[begin - 1 : begin] == "[":
            return False  # an attribute
        before = self.text[:begin].rstrip()[-12:]
        if WORDS_BEFORE_LAMBDA.search(before):
            return True
        return not re.search(r"[\w)\]\"]$", before)  # otherwise a subscript

    def _body_after(self, position: int) -> int | None:
        """The `{` of a lambda whose introducer ended just before `position`."""
        while position < len(self.text):
            char = self.text[position]
            if char == "{":
                return position if position in self.partner else None
            if char in ";,)]}":
                return None
            position = self.partner.get(position, position) + 1 if char in PAIRS else position + 1
        return None

    def full_expression(self, position: int) -> tuple[int, int]:
        """Where the full expression around the `co_await` at `position` begins and ends."""
        at = position
        opener = self.enclosing(at)
        while opener is not None and not self._holds_statements(opener):
            at = opener
            opener = self.enclosing(at)
        begin = self._skip_conditions(self._statement_begin(at, opener), position)
        return begin, self._statement_end(position if at == position else at)

    def _holds_statements(self, opener: int) -> bool:
        """A block, the body of a lambda, or the head of an if, for, while or switch."""
        if opener in self.separated or opener not in self.partner:
            return True
        if self.text[opener] == "(":
            return CONDITION_WORD.search(self.text[:opener][-24:]) is not None
        return False

    def _statement_begin(self, at: int, opener: int | None) -> int:
        floor = -1 if opener is None else opener
        at -= 1
        while at > floor:
            char = self.text[at]
            if char == ";" or (char == "}" and self._ends_block(at)):
                return at + 1
            at = self.partner.get(at, at) - 1 if char in CLOSERS else at - 1
        return floor + 1

    def _ends_block(self, brace: int) -> bool:
        """Whether the expression stops at this `}`, unlike after an initialiser or a closure."""
        follower = self.text[brace + 1 : brace + 2]
        return re.match(r"\s*[,.)+\-?:<>=&|]", self.text[brace + 1 :]) is None and follower != "("

    def _skip_conditions(self, begin: int, position: int) -> int:
        """The head of `if (...) co_await f();` is a full expression of its own."""
        while True:
            begin += len(self.text[begin:]) - len(self.text[begin:].lstrip())
            head = CONDITION.match(self.text, begin)
            if head is None or self.partner.get(head.end(), position) >= position:
                return begin
            begin = self.partner[head.end()] + 1

    def _statement_end(self, at: int) -> int:
        while at < len(self.text):
            char = self.text[at]
            if char == ";" or char in CLOSERS:
                return at
            at = self.partner.get(at, at) + 1 if char in PAIRS else at + 1
        return at

    def without_bodies(self, begin: int, end: int) -> Iterator[int]:
        """The positions of an expression, leaving out what runs later: the bodies of its lambdas."""
        at = begin
        while at < end:
            yield at
            found = self.lambdas.get(at)
            at = found.end if found is not None else at + 1


def captures_by_value(captures: str) -> bool:
    items = [item.strip() for item in split_top_level(captures)]
    return any(item and not item.startswith("&") and item != "this" for item in items)


def split_top_level(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{<") - (char in ")]}>")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def awaited_problems(code: Code) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"\bco_await\b", code.text):
        begin, end = code.full_expression(match.start())
        for at in code.without_bodies(begin, end):
            closure = code.lambdas.get(at)
            if closure is not None and captures_by_value(closure.captures):
                yield at, BY_VALUE
            elif closure is None and re.compile(r"\{\s*\{").match(code.text, at):
                yield at, DOUBLE_BRACES


def spawned_problems(code: Code) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"\bco_spawn\s*(?=\()", code.text):
        for at in code.without_bodies(match.end(), code.partner.get(match.end(), match.end())):
            closure = code.lambdas.get(at)
            if closure is not None and re.compile(r"\s*\(").match(code.text, closure.end):
                yield at, CALLED_CLOSURE


def problems(path: str, text: str) -> list[str]:
    if "co_await" not in text and "co_spawn" not in text:
        return []
    code = Code(text)
    found = {*awaited_problems(code), *spawned_problems(code)}
    return [f"{path}:{code.line(at)}: {reason}" for at, reason in sorted(found)]


REJECTED: tuple[tuple[str, str], ...] = (
    ("co_await run([v = std::move(v)] { return v; });", BY_VALUE),
    ("co_await run([=] { return v; });", BY_VALUE),
    ("auto r = co_await run(pool, [a, b]() mutable { return a + b; });", BY_VALUE),
    ("co_await run([&a, b] { return a + b; });", BY_VALUE),
    ("co_await run([*this] { return a_; });", BY_VALUE),
    ("auto r = both([s] { return *s; }, co_await one());", BY_VALUE),
    ("auto r = (co_await one()).map([s] { return *s; });", BY_VALUE),
    ("if (co_await run([s] { return *s; })) return;", BY_VALUE),
    ("co_return co_await run([s]() -> int { return *s; });", BY_VALUE),
    ('co_await send({{"k", "v"}});', DOUBLE_BRACES),
    ('co_await send(host, { {"k", "v"} });', DOUBLE_BRACES),
    ('Headers h{{"k", co_await one()}};', DOUBLE_BRACES),
    ("co_spawn(io, [&]() -> awaitable<void> { co_return; }(), detached);", CALLED_CLOSURE),
    ("asio::co_spawn(io, [x]() -> awaitable<void> { co_return; } (), detached);", CALLED_CLOSURE),
)
ACCEPTED: tuple[str, ...] = (
    "auto work = [v = std::move(v)] { return v; }; co_await run(std::move(work));",
    "co_await run([&] { return v; });",
    "co_await run([&v, &w = other] { return v; });",
    "co_await run([this] { return v_; });",
    "co_await run([] { return 1; });",
    "co_await run(values[i], table[j]);",
    'co_await send({}); Headers h{{"k", "v"}};',
    "co_spawn(io, [x]() -> awaitable<void> { co_await one(); }, detached);",
    "co_await run([&] { auto inner = [v] { return v; }; return inner(); });",
    "if (any([v] { return v; })) co_await one();",
    "if (co_await one()) { later([v] { return v; }); }",
    "if (co_await one()) later([v] { return v; });",
    "while (ready) { later([v] { return v; }); } co_await one();",
    "later([v] { return v; }); co_await one();",
    "// co_await run([v] {});\n/* co_await send({{1}}); */",
    'log("co_await run([v] {})"); auto s = R"(co_await f({{1}}))";',
    "const int big = 1'000'000; later([v] { return v; }); co_await one();",
    "[[maybe_unused]] auto r = co_await one();",
)


def self_test() -> int:
    failures = []
    for body, reason in REJECTED:
        found = problems("a.cc", f"awaitable<void> f() {{\n  {body}\n}}\n")
        if found != [f"a.cc:2: {reason}"]:
            failures.append(f"should be rejected: {body}\n  found {found}")
    for body in ACCEPTED:
        found = problems("a.cc", f"awaitable<void> f() {{\n  {body}\n}}\n")
        if found:
            failures.append(f"should be accepted: {body}\n  found {found}")
    count = len(REJECTED) + len(ACCEPTED)
    print("\n".join(failures) or f"check_coroutines: {count} self-tests passed")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--self-test"]:
        return self_test()
    if arguments:
        print("usage: check_coroutines.py [--self-test]", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parent.parent
    paths = [p for top in CHECKED for p in (root / top).rglob("*") if p.suffix in (".cc", ".h")]
    found = [
        problem
        for path in sorted(paths)
        for problem in problems(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    ]
    print("\n".join(found) or f"check_coroutines: {len(paths)} files are free of the known traps")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
