"""The audit trail as rows: each record once, with its number and its hash in the chain."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.contracts.audit_chain import Link, Trail
from services.contracts.record import Record

COLUMNS = ("audit_id", "sequence", "hash")
"""What a row says of its place; the last is in hexadecimal digits."""

_OF_THE_CHAIN = ({"name": "sequence", "type": "long", "default": 0}, {"name": "hash", "type": "string", "default": ""})


def chained_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The Avro schema of a row. schema: of the records."""
    return {**schema, "fields": [*schema["fields"], *_OF_THE_CHAIN]}


def chained(trail: Trail, records: Sequence[Record]) -> list[Record]:
    """The next records as rows; the trail stays as it is, and repeats of an id are left out."""
    links = trail.links([record.value for record in records])
    return [
        record._replace(value={**record.value, "sequence": link.sequence, "hash": link.hash.hex()})
        for record, link in zip(records, links, strict=True)
        if link is not None
    ]


def follow(trail: Trail, rows: Iterable[Mapping[str, Any]]) -> None:
    """Bring a trail forward by the next rows."""
    for row in rows:
        audit_id, sequence, digest = (row[name] for name in COLUMNS)
        trail.take(Link(sequence, audit_id, bytes.fromhex(digest)))
