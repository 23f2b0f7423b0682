"""`python -m services.lake.report <start> <end>`: what the tables hold of a period, one JSON object a line.

start, end: microseconds since 1970 by the time at which Kafka appended a record, the end exclusive; `-` is open.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from deltalake.exceptions import DeltaError

from services.chassis.settings import ChassisSettings
from services.lake.adapters.removals import NAME as REMOVED
from services.lake.adapters.selection import Selection
from services.lake.domain.span import within

Line = dict[str, Any]

_ROWS = "count(*) AS rows"
_ANSWERS = [
    _ROWS,
    "sum(CASE WHEN status = 'ok' THEN 0 ELSE 1 END) AS failed",
    "sum(CASE WHEN label IS NULL THEN 0 ELSE 1 END) AS decided",
    "sum(CASE WHEN label THEN 1 ELSE 0 END) AS positive",
    "min(event_time) AS from_time",
    "max(event_time) AS through_time",
]


def main(arguments: Sequence[str]) -> int:
    """Tell; returns the exit code."""
    settings_of: Any = ChassisSettings
    start, end = (None if text == "-" else int(text) for text in arguments)
    try:
        settings = settings_of()
        for line in lines(Selection(settings.store_url, settings.pipeline), start, end):
            sys.stdout.write(orjson.dumps(line).decode() + "\n")
    except (ValueError, OSError, DeltaError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def lines(selection: Selection, start: int | None, end: int | None) -> Iterator[Line]:
    """Counts of events, labels, refused records by the first rule they broke, answers by version, policy and arm,
    outcomes by status, explanations, and of rows removed from the tables in the period, by why."""
    asked = within("kafka_time", start, end)
    for name in ("events", "labels", "explanations"):
        for row in selection.groups(name, (), [_ROWS], asked):
            yield {"as": name, **row}
    first = ["reasons[1]['field'] AS field", "reasons[1]['rule'] AS rule"]
    for row in selection.groups("quarantined", ("kind",), [*first, _ROWS], asked):
        yield {"as": "refused", **row}
    for row in selection.groups("predictions", ("model", "policy", "arm"), _ANSWERS, asked):
        yield {"as": "answers", **row}
    for row in selection.groups("outcomes", ("status",), [_ROWS], asked):
        yield {"as": "outcomes", **row}
    for row in selection.groups(REMOVED, ("cause",), ["sum(rows) AS rows"], within("removed_at", start, end)):
        yield {"as": "removed", **row}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
