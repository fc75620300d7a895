"""What is read: a row per entity, made by the projector, behind a cache by id."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

SCHEMA = """
create table if not exists view(
  place integer primary key autoincrement, kind text, id text, rev integer, body text);
create index if not exists view_id on view(kind, id);
create table if not exists progress(topic text primary key, seq integer);
"""


def amount(cents: int, flaw: str) -> object:
    if flaw == "price-coerced-integer":
        return cents // 100
    if flaw == "price-coerced-float":
        return int(cents / 100 * 100) / 100
    if flaw == "price-coerced-text":
        return f"{cents / 100:.2f}"
    return cents / 100


class ReadSide:
    def __init__(self, path: Path, flaw: str) -> None:
        self.flaw = flaw
        self.lock = threading.Lock()
        self.cache: dict[tuple[str, str], dict[str, object]] = {}
        self.base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.base.executescript("pragma journal_mode=wal; pragma synchronous=off;" + SCHEMA)

    def body_of(self, kind: str, identity: str, rev: int, state: dict[str, object]) -> dict:
        if kind == "member":
            return {"ref": identity, "rev": rev,
                    "contact": {"mail": state["mail"]}, "fullName": state["fullName"]}
        if kind == "article":
            body = {"ref": int(identity), "rev": rev, "title": state["title"],
                    "text": state["text"], "cost": amount(state["cents"], self.flaw)}
            if self.flaw == "read-model-missing-fields":
                del body["text"]
            return body
        lines = [{"article": line["article"], "count": line["count"], "each": line["cents"]}
                 for line in state["lines"]]
        return {"ref": identity, "rev": rev, "buyer": state["buyer"], "lines": lines,
                "sumCents": state["cents"], "stage": state["stage"]}

    def apply(self, event: tuple, topic: str, remember: bool) -> None:
        """One event, and that it was applied, in one transaction; `remember` False leaves that out."""
        seq, kind_of, kind, identity, rev, data, _ = event
        what = kind_of.split(".")[1]
        with self.lock:
            self.base.execute("begin immediate")
            row = self.base.execute(
                "select rev from view where kind=? and id=?", (kind, identity)).fetchone()
            if what == "made":
                self._insert(kind, identity, rev, data)
            elif row is not None and what == "changed":
                # A projector that counts for itself, as they do when events carry no version.
                body = json.dumps(self.body_of(kind, identity, row[0] + 1, json.loads(data)))
                self.base.execute("update view set rev=?, body=? where kind=? and id=?",
                                  (row[0] + 1, body, kind, identity))
            elif row is not None:
                self.base.execute("delete from view where kind=? and id=?", (kind, identity))
            if remember:
                self.mark(seq, topic)
            self.base.execute("commit")
            if self.flaw != "stale-cache-after-update":
                self.cache.pop((kind, identity), None)

    def _insert(self, kind: str, identity: str, rev: int, data: str) -> None:
        body = json.dumps(self.body_of(kind, identity, rev, json.loads(data)))
        self.base.execute("insert into view(kind, id, rev, body) values(?,?,?,?)",
                          (kind, identity, rev, body))

    def mark(self, seq: int, topic: str) -> None:
        self.base.execute("insert or replace into progress values(?,?)", (topic, seq))

    def progress(self, topic: str) -> int:
        with self.lock:
            row = self.base.execute(
                "select seq from progress where topic=?", (topic,)).fetchone()
            return row[0] if row else 0

    def get(self, kind: str, identity: str) -> dict[str, object] | None:
        with self.lock:
            known = self.cache.get((kind, identity))
            if known is not None:
                return known
            row = self.base.execute(
                "select body from view where kind=? and id=? order by place desc",
                (kind, identity)).fetchone()
            if row is None:
                return None
            body = json.loads(row[0])
            self.cache[kind, identity] = body
            return body

    def member_of(self, mail: str) -> str | None:
        with self.lock:
            row = self.base.execute(
                "select id from view where kind='member'"
                " and json_extract(body, '$.contact.mail')=?", (mail,)).fetchone()
            return row[0] if row else None

    def page(self, kind: str, after: int, size: int) -> dict[str, object]:
        with self.lock:
            rows = self.base.execute(
                "select place, body from view where kind=? and place > ? order by place limit ?",
                (kind, after, size)).fetchall()
        last = rows[-1][0] if len(rows) == size else None
        return {"page": {"entries": [json.loads(row[1]) for row in rows], "after": last}}

    def rows(self) -> int:
        with self.lock:
            return self.base.execute("select count(*) from view").fetchone()[0]
