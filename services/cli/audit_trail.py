"""The copies of an audit trail: the topic's and the lake's, each with signed heads, compared with one another.

1  ask how far the lake's group says that the tables are whole
2  read the lake's heads, then its trail; then the topic's heads, then its trail: each is behind the next
3  look at the heads, at the topic by their word, and at the lake by the word of both
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.chassis.configs import bare_codec
from services.chassis.progress import Progress
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.chassis.trust import Distrusted, Trust
from services.cli.domain.audit_check import Checked, Entry, Fault, Head, Words, believed, checked
from services.cli.program import rows_of
from services.contracts.audit import KIND
from services.contracts.audit_chain import signed_content
from services.contracts.record import POISON
from services.contracts.schemas import own_schema

_TRAIL, _HEADS = "audit", "audit.heads"
_TABLE, _TABLE_OF_HEADS = "audit", "audit_heads"
_IN_LAKE = "lake/"
_DEFAULTS = {field["name"]: field.get("default") for field in own_schema(KIND)["fields"]}


@dataclass
class Copy:
    """A copy of the trail, and the heads that are kept with it."""

    name: str
    trail: list[Entry]
    heads: list[Head]


@dataclass(frozen=True)
class Found:
    """copies: what was looked at. head: the last one that is believed, wherever it lies. behind: records that the lake
    hasn't taken in yet."""

    copies: list[Checked]
    heads: int
    head: Head | None
    faults: list[Fault]
    behind: int = 0

    @property
    def after(self) -> int:
        """Records after the last head, which nobody has signed for yet."""
        records = max((one.records for one in self.copies), default=0)
        return max(0, records - (self.head.sequence if self.head else 0))


class AuditTrail:
    """The trail of a pipeline. environment: of the program that reads the lake."""

    def __init__(self, settings: ChassisSettings, environment: Mapping[str, str]) -> None:
        self._settings, self._environment = settings, environment
        self._trust = Trust.read(settings.home / "keys")

    def verified(self, topic: bool, lake: bool) -> Found:
        """Look at the topic, the lake or both. Raises Refused without keys, TransientError."""
        # 1
        reached = self._reached() if topic and lake else None
        # 2
        kept = self._lake() if lake else None
        told = self._topic() if topic else None
        # 3
        return compared(told, kept, reached)

    def _reached(self) -> int:
        progress = Progress(self._settings)
        try:
            return progress.committed("lake")[_TRAIL, 0][0]
        finally:
            progress.close()

    def _topic(self) -> Copy:
        codec = bare_codec(self._settings)
        heads = [
            self._head(record.offset, record.value)
            for record in read_topic(self._settings, codec, _HEADS)
            if record.kind != POISON
        ]
        records = read_topic(self._settings, codec, _TRAIL)
        return Copy(_TRAIL, [Entry(r.offset, None if r.kind == POISON else r.value) for r in records], heads)

    def _lake(self) -> Copy:
        copy = Copy(f"{_IN_LAKE}{_TRAIL}", [], [])
        for table, row in self._rows():
            if table == _TABLE_OF_HEADS:
                signature = base64.b64decode(row["signature"] or "")
                copy.heads.append(self._head(row["kafka_offset"], {**row, "signature": signature}))
            else:
                value = {name: _or(row.get(name), default) for name, default in _DEFAULTS.items()}
                copy.trail.append(Entry(row["kafka_offset"], value, row["sequence"] or 0, row["hash"] or ""))
        return copy

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if _TABLE in Store(self._settings.store_url).folders(f"lake/{self._settings.pipeline}"):
            for line in rows_of("lake", ["audit"], self._environment):
                yield line["table"], line["row"]

    def _head(self, offset: int, value: Mapping[str, Any]) -> Head:
        content = signed_content(self._settings.pipeline, value)
        said = (value["sequence"], value["audit_id"], value["hash"], value["appended_at"])
        try:
            self._trust.check("it", value["key_id"], content, value["signature"], value["appended_at"])
        except Distrusted as error:
            return Head(offset, *said, distrusted=str(error))
        return Head(offset, *said)


def compared(told: Copy | None, kept: Copy | None, reached: int | None) -> Found:
    """What two copies say of each other; None for one that isn't looked at. reached: the offset up to which the lake is
    to hold the topic, None for up to its last head."""
    words, faults, heads = dict[int, Any](), list[Fault](), list[Head]()
    for copy in (one for one in (told, kept) if one is not None):
        said, wrong = believed(copy.heads, f"{copy.name}.heads")
        words, faults, heads = {**said, **words}, [*faults, *wrong], [*heads, *copy.heads]
    copies, behind = list[Checked](), 0
    if told is not None:
        rows = {} if kept is None else _rows_of(kept, words)
        copies.append(checked(told.trail, {**rows, **words}, told.name, max({**rows, **words}, default=0)))
    if kept is not None:
        due = max(words, default=0) if told is None else _due(told.trail, reached or 0)
        known = copies[0].words() if copies else {}
        copies.append(checked(kept.trail, {**known, **words}, kept.name, due))
        behind = max(0, copies[0].records - copies[-1].records)
    trusted = [one for one in heads if not one.distrusted]
    last = max(trusted, key=lambda one: one.sequence, default=None)
    return Found(copies, len(words), last, [*faults, *(fault for one in copies for fault in one.faults)], behind)


def _or(value: Any, default: Any) -> Any:
    """A row from before its field came into the schema has none."""
    return default if value is None else value


def _rows_of(kept: Copy, signed: Words) -> Words:
    """What the lake says of records after the last head, if it holds what is signed; it is read before the topic, so
    that the topic lacks none of them."""
    found, last = checked(kept.trail, signed, kept.name), max(signed, default=0)
    return {number: word for number, word in found.words().items() if number > last and not found.faults}


def _due(trail: Iterable[Entry], reached: int) -> int:
    """How many records of the trail lie before an offset."""
    return len({entry.audit_id for entry in trail if entry.offset < reached and entry.value is not None})
