"""The chain over the audit trail: a fold of its records in committed order, the first copy of each id.

The hash of a record is the SHA-256 of the hash before it and its content, so that it stands for all records up to it.
Whoever folds the same records comes to the same hashes: the lake stores them, the registry signs them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import msgpack

from services.contracts.entries import Changes, Entries
from services.contracts.manifest import canonical

GENESIS = bytes(32)
"""What stands before the first record."""

_HEAD, _ID = b"trail", b"trail/"

Value = Mapping[str, Any]


class Link(NamedTuple):
    """Where a record stands in the trail. sequence: from 1. hash: 32 bytes."""

    sequence: int
    audit_id: str
    hash: bytes


def content_of(value: Value) -> bytes:
    """An AuditRecorded as canonical JSON. Empty texts are left out: a field that comes into the schema with that as its
    default changes no hash."""
    return canonical({name: one for name, one in value.items() if one != ""})


def hashed(previous: bytes, value: Value) -> bytes:
    """The hash of a record. previous: that of the one before it."""
    return sha256(previous + content_of(value)).digest()


def head_of(link: Link, appended_at: int) -> dict[str, Any]:
    """What an AuditHeadSigned says of a link. appended_at: when Kafka appended its record, in microseconds."""
    told = {"sequence": link.sequence, "audit_id": link.audit_id, "hash": link.hash.hex()}
    return {**told, "appended_at": appended_at}


def signed_content(pipeline: str, head: Value) -> bytes:
    """What the signature of an AuditHeadSigned is of."""
    told = {name: head[name] for name in ("sequence", "audit_id", "hash", "appended_at")}
    return canonical({"pipeline": pipeline, **told})


@dataclass(slots=True)
class Trail:
    """How far the trail has come. head: hash of its last record. known: ids of all of them."""

    sequence: int = 0
    head: bytes = GENESIS
    known: set[str] = field(default_factory=set)
    _fresh: list[str] = field(default_factory=list, compare=False)

    def links(self, values: Iterable[Value]) -> list[Link | None]:
        """Where the next records stand, None for one whose id has been there; the trail itself stays as it is."""
        sequence, head, seen = self.sequence, self.head, set[str]()
        found: list[Link | None] = []
        for value in values:
            audit_id = value["audit_id"]
            if audit_id in self.known or audit_id in seen:
                found.append(None)
                continue
            seen.add(audit_id)
            sequence, head = sequence + 1, hashed(head, value)
            found.append(Link(sequence, audit_id, head))
        return found

    def take(self, link: Link) -> None:
        """Take over the next link."""
        self.sequence, self.head = link.sequence, link.hash
        self.known.add(link.audit_id)
        self._fresh.append(link.audit_id)

    def changes(self) -> Changes:
        """The head and the ids that are new since this was asked last."""
        if not self._fresh:
            return {}
        fresh, self._fresh = self._fresh, []
        head: bytes = msgpack.packb([self.sequence, self.head])
        return {_HEAD: head, **{_ID + audit_id.encode(): b"\1" for audit_id in fresh}}

    @classmethod
    def load(cls, entries: Entries) -> "Trail":
        """What told these entries."""
        (head,) = entries.get([_HEAD])
        if head is None:
            return cls()
        sequence, last = msgpack.unpackb(head)
        return cls(sequence, last, {key[len(_ID) :].decode() for key, _ in entries.items(_ID)})
