"""What is kept of one event: in which tables to look, and how its rows are found there."""

from collections.abc import Mapping
from typing import Any

from services.lake.domain.table import TABLES

BY_ID = ("events", "quarantined", "labels")
"""Tables that are looked through for the id of an event."""

BY_NUMBER = ("features", "predictions", "shadows", "explanations", "outcomes")
"""Tables of which the event's partition and number name the rows, so that statistics of files find them."""

_KINDS = {table.name: (table.topic, table.kind) for table in TABLES}
_POSITION = ("kafka_partition", "kafka_offset", "kafka_key", "kafka_time", "kafka_day")

Row = Mapping[str, Any]


def with_id(event_id: str) -> str:
    """Condition of SQL for the rows that name an event."""
    return "event_id = '{}'".format(event_id.replace("'", "''"))


def orphaned(event_id: str) -> str:
    """Condition of SQL for what became of labels of an event that was never accepted."""
    return f"{with_id(event_id)} AND seq < 0"


def with_number(event: Row) -> str:
    """Condition of SQL for the rows about an accepted event. event: its row."""
    return f"kafka_partition = {event['kafka_partition']:d} AND seq = {event['seq']:d}"


def activation_of(event: Row) -> str:
    """Condition of SQL for what had become active in the event's partition by then."""
    return f"kafka_partition = {event['kafka_partition']:d} AND from_seq <= {event['seq']:d}"


def record_of(table: str, row: Row) -> dict[str, Any]:
    """A row as the record that it was: topic, partition, offset, timestamp, key, kind, value."""
    topic, kind = _KINDS[table]
    return {
        "topic": topic,
        "partition": row["kafka_partition"],
        "offset": row["kafka_offset"],
        "timestamp": row["kafka_time"],
        "key": row["kafka_key"],
        "kind": kind,
        "value": {name: value for name, value in row.items() if name not in _POSITION},
    }
