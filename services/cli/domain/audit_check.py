"""Where an audit trail isn't what it was: by its chain, and by the word of others on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.contracts.audit_chain import GENESIS, content_of, hashed

_SHOWN = 12
"""Digits of a hash that are told."""


class Entry(NamedTuple):
    """A record as it is kept. offset: in its topic. value: None for one that can't be read. sequence, hash: what its
    row says of its place, nothing in the topic."""

    offset: int
    value: Mapping[str, Any] | None
    sequence: int = 0
    hash: str = ""

    @property
    def audit_id(self) -> str:
        return str(self.value["audit_id"]) if self.value is not None else "unreadable"


class Head(NamedTuple):
    """An AuditHeadSigned. distrusted: why it isn't to be believed, empty if it is."""

    offset: int
    sequence: int
    audit_id: str
    hash: str
    appended_at: int
    distrusted: str = ""


class Word(NamedTuple):
    """What the hash of a record is to be. by: who says so."""

    hash: str
    audit_id: str
    by: str


class Fault(NamedTuple):
    """where: topic or table, and offset."""

    where: str
    what: str


Words = Mapping[int, Word]
"""By sequence."""


@dataclass
class Checked:
    """What was found. hashes: of each record in turn, up to the first fault. repeats: further copies of an id."""

    name: str
    records: int = 0
    repeats: int = 0
    hashes: list[Word] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def words(self) -> Words:
        """What it says of another copy of the trail."""
        return dict(enumerate(self.hashes, 1))


def believed(heads: Iterable[Head], name: str) -> tuple[dict[int, Word], list[Fault]]:
    """What signed heads say, and what is wrong with them: each record has one, and a key that is trusted signed it."""
    words, faults, last = dict[int, Word](), list[Fault](), 0
    for head in heads:
        where, known = f"{name}@{head.offset}", words.get(head.sequence)
        if head.distrusted:
            faults.append(Fault(where, f"the head of record {head.sequence} ({head.audit_id}): {head.distrusted}"))
        elif known is not None and known.hash != head.hash:
            faults.append(Fault(where, f"says otherwise of record {head.sequence} than an earlier head"))
        elif known is None:
            words[head.sequence] = Word(head.hash, head.audit_id, "its signed head")
        if head.sequence > last + 1:
            faults.append(Fault(where, f"between it and record {last} others have no head"))
        last = max(last, head.sequence)
    return words, faults


def checked(entries: Iterable[Entry], words: Words, name: str, at_least: int = 0) -> Checked:
    """Look at a copy of the trail up to its first fault. words: what its hashes are to be, as far as that is known.
    at_least: how many records there are to be."""
    found = Checked(name)
    trail = _first_copies(entries, found)
    own = {one.sequence: Word(one.hash, one.audit_id, "its row") for one in trail if one.hash}
    _chain(trail, {**own, **words}, found)
    if not found.faults and found.records < at_least:
        first = words.get(found.records + 1)
        told = f", the first of them is {first.audit_id}, says {first.by}" if first else ""
        where = f"{name}@{trail[-1].offset}" if trail else name
        found.faults.append(Fault(where, f"{_missing(found.records + 1, at_least)} at the end{told}"))
    return found


def _first_copies(entries: Iterable[Entry], found: Checked) -> list[Entry]:
    """The trail. That a row repeats another one, or that another record has the same id, is a fault."""
    first: dict[str, Entry] = {}
    for entry in entries:
        where = f"{found.name}@{entry.offset}"
        if entry.value is None:
            found.faults.append(Fault(where, "can't be read"))
            continue
        known = first.setdefault(entry.audit_id, entry)
        if known is entry:
            continue
        found.repeats += 1
        if known.value is None or content_of(known.value) != content_of(entry.value):
            found.faults.append(Fault(where, f"{entry.audit_id} comes again and says something else"))
        elif entry.hash:
            found.faults.append(Fault(where, f"{entry.audit_id} is there twice"))
    found.records = len(first)
    return list(first.values())


def _chain(trail: Sequence[Entry], words: Words, found: Checked) -> None:
    previous = GENESIS
    for sequence, entry in enumerate(trail, 1):
        digest, word = hashed(previous, entry.value or {}), words.get(sequence)
        where = f"{found.name}@{entry.offset}"
        if word is not None and word.hash != digest.hex():
            found.faults.append(Fault(where, _what(trail, sequence, previous, digest, words)))
            return
        if entry.hash and (entry.sequence, entry.hash) != (sequence, digest.hex()):
            expected = f"expected {sequence} {_short(digest.hex())}"
            told = f"its row says record {entry.sequence} with hash {_short(entry.hash)}, {expected}"
            found.faults.append(Fault(where, f"{entry.audit_id}: {told}"))
            return
        found.hashes.append(Word(digest.hex(), entry.audit_id, found.name))
        previous = digest


def _what(trail: Sequence[Entry], sequence: int, previous: bytes, digest: bytes, words: Words) -> str:
    """What happened to the trail at its first record that isn't the expected one."""
    entry, word = trail[sequence - 1], words[sequence]
    for other, later in enumerate(trail[sequence:], sequence + 1):
        if hashed(previous, later.value or {}).hex() == word.hash:
            return _moved(trail, sequence, other, words)
    if place := _place(entry, sequence, words):
        missing = _missing(sequence, place - 1)
        return f"{missing} before {entry.audit_id}, the first of them is {word.audit_id}, says {word.by}"
    expected = f"expected {word.audit_id} with hash {_short(word.hash)}, says {word.by}"
    anew = ", and the rows were chained anew" if entry.hash == digest.hex() else ""
    found = f"found {entry.audit_id} with {_short(digest.hex())}{anew}"
    return f"record {sequence} was changed: {expected}; {found}"


def _moved(trail: Sequence[Entry], sequence: int, other: int, words: Words) -> str:
    """The expected record stands further behind: another one has its place, or further ones stand before it."""
    entry = trail[sequence - 1]
    before = words.get(other - 1)
    if before is not None and _fits(before, entry, words.get(other)):
        return f"records {sequence} and {other} have changed places: {trail[other - 1].audit_id} was before it"
    count = other - sequence
    told = "a record was" if count == 1 else f"{count} records were"
    return f"{told} put in: {entry.audit_id} stands where {trail[other - 1].audit_id} was"


def _place(entry: Entry, after: int, words: Words) -> int:
    """Where a record belongs further on, 0 if nowhere."""
    for sequence in range(after + 1, max(words) + 1):
        before = words.get(sequence - 1)
        if before is not None and _fits(before, entry, words.get(sequence)):
            return sequence
    return 0


def _fits(before: Word, entry: Entry, word: Word | None) -> bool:
    return word is not None and hashed(_bytes(before.hash), entry.value or {}).hex() == word.hash


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first} to {last} are missing"


def _bytes(digest: str) -> bytes:
    """Of what somebody may have written there."""
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


def _short(digest: str) -> str:
    return digest[:_SHOWN]
