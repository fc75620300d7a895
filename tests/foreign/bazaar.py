#!/usr/bin/env python3
"""A small CQRS system that is not ours: members, articles and purchases of a bazaar.

A write side (SQLite) acknowledges commands and hands events to a projector, which fills a read side
(SQLite) a moment later; reads go through a cache. `--flaw NAME` builds in one of the mistakes that
such systems are known for, see flaws.py; without it there is none. Serves until it is killed, and
goes on where it was when it is started again on the same directory.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from flaws import FLAWS, Refused
from projector import Projector
from read_side import ReadSide
from write_side import WriteSide

ROOT = "/bazaar"
KINDS = {"members": "member", "articles": "article", "purchases": "purchase"}


class Bazaar:
    def __init__(self, directory: Path, flaw: str, delay: float) -> None:
        self.flaw = flaw
        self.reads = ReadSide(directory / "read.db", flaw)
        self.writes = WriteSide(directory / "write.db", flaw)
        self.projector = Projector(self.writes, self.reads, flaw, delay)
        self.projector.start()

    def command(self, method: str, parts: list[str], body: object, key: str) -> tuple[int, object]:
        kind = KINDS.get(parts[0]) if parts else None
        if kind is None:
            raise Refused(404, "no such path")
        if method == "DELETE" and len(parts) == 2:
            body = {}
        if not isinstance(body, dict):
            raise Refused(400, "the body must be a JSON object")
        if method == "POST" and len(parts) == 1:
            return 201, self.writes.create(kind, body, key)
        if method == "PATCH" and len(parts) == 2:
            return 202, self.writes.change(kind, parts[1], body)
        if method == "DELETE" and len(parts) == 2:
            return 202, self.writes.remove(kind, parts[1])
        raise Refused(405, "no such command")

    def query(self, parts: list[str], words: dict[str, str]) -> tuple[int, object]:
        if parts == ["pulse"]:
            return 200, self.pulse()
        kind = KINDS.get(parts[0]) if parts else None
        if kind is None:
            raise Refused(404, "no such path")
        if len(parts) == 1 and "mail" in words:
            return 200, {"found": self.reads.member_of(unquote(words["mail"]))}
        if len(parts) == 1:
            after = int(words.get("after") or 0)
            return 200, self.reads.page(kind, after, int(words.get("size", 50)))
        found = self.reads.get(kind, parts[1])
        if found is None:
            raise Refused(404, f"there is no {kind} {parts[1]}")
        return 200, found

    def pulse(self) -> dict[str, object]:
        written = self.writes.written()
        if self.flaw == "count-only-sync-status":
            # As many rows here as there: says nothing of changes that are still under way.
            return {"inSync": self.writes.rows() == self.reads.rows(), "written": written}
        applied = self.projector.applied()
        return {"inSync": applied >= written, "written": written, "applied": applied}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    bazaar: Bazaar
    hang_up = 0
    posts = 0

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_request(self) -> tuple[int, object]:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not path.startswith(ROOT + "/"):
            raise Refused(404, "no such path")
        parts = [part for part in path[len(ROOT):].split("/") if part]
        words = dict(word.partition("=")[::2] for word in query.split("&") if word)
        if self.command == "GET":
            return self.bazaar.query(parts, words)
        try:
            document = json.loads(body) if body else None
        except ValueError:
            raise Refused(400, "the body is not JSON") from None
        return self.bazaar.command(self.command, parts, document, self.headers.get("Once-Key", ""))

    def do(self) -> None:
        if self.command == "POST":
            Handler.posts += 1
        hang_up = self.command == "POST" and Handler.hang_up and Handler.posts % Handler.hang_up == 0
        try:
            status, document = self.handle_request()
        except Refused as refused:
            status, document = refused.status, {"problem": refused.why}
            if self.bazaar.flaw == "success-status-on-errors":
                status, document = 200, {"error": refused.why}
        if hang_up:  # done, and nobody hears of it
            self.close_connection = True
            return
        self.answer(status, document)

    do_GET = do_POST = do_PATCH = do_DELETE = do


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where its files are")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--flaw", choices=["none", *FLAWS], default="none")
    parser.add_argument("--delay", type=float, default=0.15, help="seconds from write to read side")
    parser.add_argument("--hang-up", type=int, default=0,
                        help="close the connection instead of answering every Nth POST")
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    # The cost of a thread switch is the latency of a small server.
    sys.setswitchinterval(0.001)
    Handler.hang_up = options.hang_up
    Handler.bazaar = Bazaar(options.dir, options.flaw, options.delay)
    server = Server(("127.0.0.1", options.port), Handler)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    threading.current_thread().name = "bazaar"
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
