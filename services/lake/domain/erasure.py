"""Which records are of an entity whose rows a person had erased; its key isn't known here, only a salted digest."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.record import Record

_REMEMBERED = 100_000
"""Keys of which it is remembered whether they are meant: an entity has many records."""


@dataclass(frozen=True)
class Erasure:
    """A `driftmill.ErasureRequested`. ends: by id of the topic and partition; see its schema for the rest."""

    request_id: str
    salt: str
    digest: str
    log_id: str
    end_seq: int
    ends: Mapping[tuple[str, int], int]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Erasure":
        """From the record's value."""
        ends = {(one["topic_id"], one["partition"]): one["end"] for one in value["ends"]}
        return cls(value["request_id"], value["salt"], value["digest"], value["log_id"], value["end_seq"], ends)

    def is_of(self, key: str) -> bool:
        """Whether it is this entity that it asks for."""
        return salted(self.salt, key) == self.digest

    def reaches(self, record: Record, topic_id: str, log_id: str) -> bool:
        """Whether a record of the entity is told of an event of then, or stood in its topic then."""
        seq = record.value.get("seq", -1)
        if seq >= 0:
            return log_id == self.log_id and seq < self.end_seq
        return record.offset < self.ends.get((topic_id, record.partition), 0)


class Erasures:
    """All that were asked for. ids: of the topics by short name."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids, self._log_id = ids, ids["events"]
        self._all: list[Erasure] = []
        self._known: dict[str, Sequence[Erasure]] = {}

    def add(self, erasures: Sequence[Erasure]) -> None:
        """Heed further ones."""
        if erasures:
            self._all += erasures
            self._known = {}

    def of(self, record: Record) -> str | None:
        """Id of the request by which a record is not to be kept, None if it may be."""
        if not self._all or not (key := key_of(record)):
            return None
        topic_id = self._ids[record.topic]
        reaching = (one for one in self._meant(key) if one.reaches(record, topic_id, self._log_id))
        return next((one.request_id for one in reaching), None)

    def _meant(self, key: str) -> Sequence[Erasure]:
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = [one for one in self._all if one.is_of(key)]
        return self._known[key]


def key_of(record: Record) -> str:
    """Key of the first entity of a record; empty where a record doesn't tell it.

    What is passed on to a further entity is keyed by that one: an event then names the first one, a label doesn't.
    """
    if record.topic.startswith("features."):
        key: str = record.value.get("key") or ""
        return key
    return record.key


def salted(salt: str, key: str) -> str:
    """HMAC-SHA256 of a key under a salt, in hexadecimal digits (RFC 2104)."""
    return hmac.new(salt.encode(), key.encode(), "sha256").hexdigest()
