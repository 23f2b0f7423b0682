"""`python -m services.lake.trace event <id>`, or `versions`: what the tables hold of an event, or of each version.

Of an event the records that its rows were, one JSON object a line, bytes in base 64, and how many rows were looked
through; of versions how many events each answered, was asked beside, and what became of them.
"""

import base64
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from deltalake.exceptions import DeltaError

from services.chassis.settings import ChassisSettings
from services.lake.adapters.selection import Selection
from services.lake.domain.trail import BY_ID, BY_NUMBER, activation_of, orphaned, record_of, with_id, with_number

Line = dict[str, Any]

_TIMES = "min(event_time) AS from_time, max(event_time) AS through_time"
_ANSWERS = ["count(*) AS rows", "sum(CASE WHEN status = 'ok' THEN 0 ELSE 1 END) AS failed", _TIMES]


def main(arguments: Sequence[str]) -> int:
    """Tell; returns the exit code."""
    settings_of: Any = ChassisSettings
    try:
        settings = settings_of()
        selection = Selection(settings.store_url, settings.pipeline)
        for line in versions(selection) if arguments[0] == "versions" else event(selection, arguments[1]):
            sys.stdout.write(orjson.dumps(line, default=_plain).decode() + "\n")
    except (ValueError, OSError, DeltaError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def event(selection: Selection, event_id: str) -> Iterator[Line]:
    """Records about an event; then under `looked` the rows of each table that was looked through for its id."""
    found = {name: list(selection.rows(name, with_id(event_id))) for name in BY_ID}
    for name, rows in found.items():
        yield from (record_of(name, row) for row in rows)
    if not found["events"]:
        yield from (record_of("outcomes", row) for row in selection.rows("outcomes", orphaned(event_id)))
    for accepted in found["events"][:1]:
        for name in BY_NUMBER:
            yield from (record_of(name, row) for row in selection.rows(name, with_number(accepted)))
        began = list(selection.rows("activations", activation_of(accepted)))
        if began:
            yield record_of("activations", max(began, key=lambda row: int(row["kafka_offset"])))
    yield {"looked": {name: selection.count(name) for name in BY_ID}}


def versions(selection: Selection) -> Iterator[Line]:
    """By version, policy and arm: answers, answers beside another's, outcomes by status with their corrections."""
    by = ("model", "policy", "arm")
    for row in selection.groups("predictions", by, _ANSWERS):
        yield {"as": "answered", **row}
    for row in selection.groups("shadows", by, _ANSWERS):
        yield {"as": "asked", **row}
    first = ["count(*) FILTER (WHERE revision = 0) AS rows", "count(*) FILTER (WHERE revision > 0) AS corrected"]
    for row in selection.groups("outcomes", (*by, "status"), [*first, _TIMES]):
        yield {"as": "outcomes", **row}


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
