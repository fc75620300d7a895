"""Takes commands, keeps the state they lead to, and hands out what happened.

State and event are one transaction; the projector reads the events from there. With the flaw
`fire-and-forget-publish` an event is given to a broker in memory instead, which is away for two of
every forty.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

from flaws import Refused

PREFIX = {"member": "m-", "article": "", "purchase": "p-"}
FIELDS = {
    "member": {"mail": str, "fullName": str},
    "article": {"title": str, "text": str, "cost": (int, float)},
    "purchase": {"buyer": str, "lines": list},
}
SCHEMA = """
create table if not exists entity(
  kind text, id text, state text, rev integer, gone integer default 0, primary key (kind, id));
create table if not exists mail(mail text primary key, id text);
create table if not exists once(key text primary key, answer text);
create table if not exists event(
  seq integer primary key autoincrement, type text, kind text, id text, rev integer, data text,
  at real);
"""


def cents_of(amount: object) -> int:
    try:
        cents = Decimal(repr(amount)) * 100
    except InvalidOperation:
        raise Refused(422, "cost must be an amount") from None
    if cents < 0 or cents != cents.to_integral_value():
        raise Refused(422, "cost must have at most two decimals")
    return int(cents)


class WriteSide:
    def __init__(self, path: Path, flaw: str) -> None:
        self.flaw = flaw
        self.lock = threading.Lock()
        self.base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.base.executescript("pragma journal_mode=wal; pragma synchronous=off;" + SCHEMA)
        self.memory: list[tuple] = []  # of the broker without a memory
        self.published = 0

    def _check(self, kind: str, body: dict[str, object], whole: bool) -> dict[str, object]:
        wanted = FIELDS[kind]
        for name, value in body.items():
            if name not in wanted or not isinstance(value, wanted[name]) or value == "":
                raise Refused(422, f"{name} is not a {kind}'s, or not of its type")
        missing = [name for name in wanted if name not in body]
        if whole and missing:
            raise Refused(422, f"{missing[0]} is missing")
        state = dict(body)
        if "cost" in state:
            state["cents"] = cents_of(state.pop("cost"))
        return state

    def _live(self, kind: str, identity: object) -> tuple[dict[str, object], int]:
        row = self.base.execute(
            "select state, rev from entity where kind=? and id=? and gone=0", (kind, str(identity))
        ).fetchone()
        if row is None:
            raise Refused(404, f"there is no {kind} {identity}")
        return json.loads(row[0]), row[1]

    def _price(self, state: dict[str, object]) -> None:
        self._live("member", state["buyer"])
        total = 0
        for line in state["lines"]:
            if not isinstance(line, dict) or not isinstance(line.get("count"), int):
                raise Refused(422, "a line has article and count")
            article, _ = self._live("article", line.get("article"))
            line["cents"] = article["cents"]
            total += article["cents"] * line["count"]
        state["cents"] = total
        state["stage"] = "open"

    def _emit(self, kind: str, what: str, identity: str, rev: int, state: object) -> int:
        at = time.monotonic()
        seq = self.base.execute(
            "insert into event(type, kind, id, rev, data, at) values(?,?,?,?,?,?)",
            (f"{kind}.{what}", kind, identity, rev, json.dumps(state), time.time()),
        ).lastrowid
        if self.flaw == "fire-and-forget-publish" and seq % 40 not in (17, 18):
            self.memory.append((seq, f"{kind}.{what}", kind, identity, rev, json.dumps(state), at))
            self.published = seq
        return seq

    def create(self, kind: str, body: dict[str, object], key: str) -> dict[str, object]:
        state = self._check(kind, body, whole=True)
        with self.lock:
            known = self.base.execute("select answer from once where key=?", (key,)).fetchone()
            if key and known:
                return json.loads(known[0])
            self.base.execute("begin immediate")
            try:
                if kind == "purchase":
                    self._price(state)
                number = self.base.execute("select count(*) from entity").fetchone()[0] + 1
                identity = PREFIX[kind] + str(number)
                if kind == "member":
                    self._take_mail(state["mail"], identity)
                self.base.execute(
                    "insert into entity(kind, id, state, rev) values(?,?,?,1)",
                    (kind, identity, json.dumps(state)),
                )
                seq = self._emit(kind, "made", identity, 1, state)
                # Articles are numbered, everything else is named.
                shown = int(identity) if kind == "article" else identity
                answer = {"made": {"ref": shown, "rev": 1}, "seq": seq}
                if key:
                    self.base.execute("insert into once values(?,?)", (key, json.dumps(answer)))
                self.base.execute("commit")
            except BaseException:
                self.base.execute("rollback")
                raise
            return answer

    def _take_mail(self, mail: object, identity: str) -> None:
        try:
            self.base.execute("insert into mail values(?,?)", (mail, identity))
        except sqlite3.IntegrityError:
            raise Refused(409, "that mail is taken") from None

    def change(self, kind: str, identity: str, body: dict[str, object]) -> dict[str, object]:
        changes = self._check(kind, body, whole=False)
        with self.lock:
            state, rev = self._live(kind, identity)
            state.update(changes)
            return self._store(kind, identity, state, rev + 1, "changed", gone=0)

    def remove(self, kind: str, identity: str) -> dict[str, object]:
        with self.lock:
            state, rev = self._live(kind, identity)
            return self._store(kind, identity, state, rev + 1, "removed", gone=1)

    def _store(self, kind: str, identity: str, state: object, rev: int, what: str, gone: int):
        self.base.execute("begin immediate")
        self.base.execute(
            "update entity set state=?, rev=?, gone=? where kind=? and id=?",
            (json.dumps(state), rev, gone, kind, identity),
        )
        seq = self._emit(kind, what, identity, rev, state)
        self.base.execute("commit")
        return {"made": {"ref": identity, "rev": rev}, "seq": seq}

    def events(self, after: int, most: int) -> list[tuple]:
        """(seq, type, kind, id, rev, data, seconds since it happened), in order."""
        with self.lock:
            if self.flaw == "fire-and-forget-publish":
                taken, self.memory = self.memory[:most], self.memory[most:]
                now = time.monotonic()
                return [(*event[:6], now - event[6]) for event in taken]
            now = time.time()
            return [
                (*row[:6], now - row[6])
                for row in self.base.execute(
                    "select seq, type, kind, id, rev, data, at from event where seq > ?"
                    " order by seq limit ?", (after, most))
            ]

    def written(self) -> int:
        with self.lock:
            if self.flaw == "fire-and-forget-publish":
                # What the broker did not take is nobody's any more.
                return self.published
            return self.base.execute("select coalesce(max(seq), 0) from event").fetchone()[0]

    def rows(self) -> int:
        with self.lock:
            return self.base.execute("select count(*) from entity where gone=0").fetchone()[0]
