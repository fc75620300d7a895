"""The mistakes that can be built in, by name, and what a refusal is."""

from __future__ import annotations

FLAWS = {
    "fire-and-forget-publish": "events go straight to a broker that is sometimes away, and to memory",
    "dedupe-after-apply": "a delivery is remembered only after its effect, so a crash repeats it",
    "reordering-between-event-types": "a topic per event type: an update overtakes its create",
    "stale-cache-after-update": "reads stay in the cache when the entity changes",
    "success-status-on-errors": "errors are answered with 200",
    "price-coerced-float": "amounts go through a float and are cut off",
    "price-coerced-integer": "amounts lose their fraction",
    "price-coerced-text": "amounts come back as texts",
    "read-model-missing-fields": "the read side forgot a field",
    "count-only-sync-status": "in sync means equal numbers of rows",
}


class Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
