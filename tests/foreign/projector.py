"""Carries events to the read side, each `delay` seconds after it happened and every 25th twice, as
a broker that promises "at least once" does. Whoever remembers what was applied in the transaction
that applies it drops the second delivery.
"""

from __future__ import annotations

import threading
import time

from read_side import ReadSide
from write_side import WriteSide

MOST = 500
REPEATED = 25


class Projector:
    def __init__(self, writes: WriteSide, reads: ReadSide, flaw: str, delay: float) -> None:
        self.writes = writes
        self.reads = reads
        self.flaw = flaw
        self.delay = delay
        self.done = threading.Lock()
        # With a topic per event type each has its own reader, and its own lag.
        self.topics = {"all": ("", delay)}
        if flaw == "reordering-between-event-types":
            self.topics = {"made": ("made", delay), "later": ("changed removed", delay / 10)}
        self.seen = {topic: reads.progress(topic) for topic in self.topics}

    def start(self) -> None:
        for topic in self.topics:
            threading.Thread(target=self.run, args=(topic,), daemon=True).start()

    def run(self, topic: str) -> None:
        wanted, delay = self.topics[topic]
        while True:
            asked = time.monotonic()
            events = self.writes.events(self.seen[topic], MOST)
            if not events:
                time.sleep(0.005)
            for event in events:
                # Its age was that of the moment at which it was read.
                age_left = delay - event[6] - (time.monotonic() - asked)
                if age_left > 0:
                    time.sleep(min(age_left, delay))
                if not wanted or event[1].split(".")[1] in wanted:
                    self.deliver(event, topic)
                    if event[0] % REPEATED == 0:
                        self.deliver_again(event, topic)
                self.seen[topic] = event[0]

    def deliver(self, event: tuple, topic: str) -> None:
        # With the flaw the note comes later, and the crash before it is the repetition.
        self.reads.apply(event, topic, remember=self.flaw != "dedupe-after-apply")

    def deliver_again(self, event: tuple, topic: str) -> None:
        if event[0] <= self.reads.progress(topic):
            return
        self.reads.apply(event, topic, remember=True)

    def applied(self) -> int:
        return min(self.seen.values())
