"""Which entity an event belongs to, by its id, and labels that wait for their event.

    xh                         how far each partition is in time, and how many names each slot of time has
    xe <event>                 entity, time and partition of an event
    xw <event>                 labels that wait for it
    xn <owner> <slot> <page>   names of a slot, some to a page, in the order in which they came; one may be there twice

A slot is a stretch of time: of the events of a partition, which are forgotten together once that partition is so far,
or of labels, by when they became known, which are given up once every partition is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack

from services.contracts.ledger import Ledger, LedgerDraft, ordered

FORMAT = 1
"""Raised when the meaning or the layout of the state changes."""

_HEAD, _EVENTS, _WAITING, _NAMES = b"xh", b"xe", b"xw", b"xn"
_PAGE = 50
_PARTS = 100
_LABELS = -1
"""Owns the slots of labels, as partitions own those of their events."""


class Unkeyed(NamedTuple):
    """A label without its entity. offset: in the index. raw_*: its bytes, if kept."""

    event_id: str
    known_at: int
    kind: str
    payload: dict[str, Any]
    offset: int
    raw_key: bytes | None
    raw_value: bytes | None


@dataclass(frozen=True, slots=True)
class Indexing:
    """Durations in microseconds. partitions: of the data plane. memory: how long after its time an event is known.

    maturity: how long after it became known a label waits. slot: how far apart in time events may lie that are
    forgotten together, and labels that are given up together.
    """

    partitions: int
    memory: int
    maturity: int

    @property
    def slot(self) -> int:
        """Length of a slot."""
        return -(-self.maturity // _PARTS)

    @property
    def depends(self) -> list[int]:
        """All that the state depends on."""
        return [FORMAT, self.partitions, self.memory, self.maturity]


class IndexDraft:
    """Changes the index, while the ledger behind stays as it is; what is changed is in `changed`."""

    def __init__(self, ledger: Ledger, indexing: Indexing) -> None:
        self._rule, self._book = indexing, LedgerDraft(ledger)
        reached, slots = _unpacked(self._book.get(_HEAD)) or ([], [])
        self._reached: dict[int, int] = dict(reached)
        self._slots: dict[tuple[int, int], int] = {(owner, slot): count for owner, slot, count in slots}
        self._is_head_changed = False

    @property
    def changed(self) -> dict[bytes, bytes | None]:
        """The entries that differ."""
        if self._is_head_changed:
            slots = sorted((*key, count) for key, count in self._slots.items())
            self._put(_HEAD, (sorted(self._reached.items()), slots))
        return self._book.changed

    def load(self, events: Iterable[str]) -> None:
        """Have at hand what is known of these."""
        self._book.load([prefix + event.encode() for event in events for prefix in (_EVENTS, _WAITING)])

    def enter(self, event_id: str, entity: str, time: int, partition: int) -> list[Unkeyed]:
        """Take in an event; the labels that waited for it, in the order in which they came."""
        self._put(_EVENTS + event_id.encode(), (entity, time, partition))
        self._name(partition, time // self._rule.slot, event_id)
        labels = self._waiting(event_id)
        self._put(_WAITING + event_id.encode(), None)
        return labels

    def entity_of(self, event_id: str) -> str | None:
        """The key of an event's entity; None if it isn't known, or no longer."""
        found = _unpacked(self._book.get(_EVENTS + event_id.encode()))
        return None if found is None else str(found[0])

    def wait(self, label: Unkeyed) -> bool:
        """Let a label wait for its event; whether there is still time."""
        slot = label.known_at // self._rule.slot
        if self._is_over(_LABELS, slot):
            return False
        self._put_waiting(label.event_id, [*self._waiting(label.event_id), label])
        self._name(_LABELS, slot, label.event_id)
        return True

    def reach(self, partition: int, watermark: int) -> list[Unkeyed]:
        """A partition is so far in time; the labels that have waited too long, by slot and as they came."""
        self._reached[partition] = max(watermark, self._reached.get(partition, watermark))
        self._is_head_changed = True
        given_up: list[Unkeyed] = []
        for owner, slot in sorted(self._slots):
            if owner in (_LABELS, partition) and self._is_over(owner, slot):
                names = self._end(owner, slot)
                if owner == _LABELS:
                    given_up += [label for name in names for label in self._give_up(name, slot)]
                else:
                    self._forget(names, owner, slot)
        return given_up

    def _is_over(self, owner: int, slot: int) -> bool:
        """No label waits longer than this slot's, or no label is asked for its events any more."""
        end = (slot + 1) * self._rule.slot
        if owner != _LABELS:
            return self._reached[owner] >= end + self._rule.memory
        everyone = len(self._reached) == self._rule.partitions
        return everyone and min(self._reached.values()) >= end + self._rule.maturity

    def _forget(self, names: Sequence[str], partition: int, slot: int) -> None:
        for name in names:
            found = _unpacked(self._book.get(_EVENTS + name.encode()))
            if found is not None and (found[1] // self._rule.slot, found[2]) == (slot, partition):
                self._put(_EVENTS + name.encode(), None)

    def _give_up(self, name: str, slot: int) -> Iterator[Unkeyed]:
        labels = self._waiting(name)
        over = [label for label in labels if label.known_at // self._rule.slot == slot]
        if over:
            self._put_waiting(name, [label for label in labels if label not in over])
        yield from over

    def _name(self, owner: int, slot: int, name: str) -> None:
        count = self._slots.get((owner, slot), 0)
        page = _page_key(owner, slot, count // _PAGE)
        self._put(page, [name] if count % _PAGE == 0 else [*_unpacked(self._book.get(page)), name])
        self._slots[owner, slot] = count + 1
        self._is_head_changed = True

    def _end(self, owner: int, slot: int) -> list[str]:
        """Take a slot out; its names, each once."""
        count = self._slots.pop((owner, slot))
        pages = [_page_key(owner, slot, page) for page in range(-(-count // _PAGE))]
        self._book.load(pages)
        names = list(dict.fromkeys(name for page in pages for name in _unpacked(self._book.get(page))))
        self._book.changed.update(dict.fromkeys(pages))
        self.load(names)
        return names

    def _waiting(self, event_id: str) -> list[Unkeyed]:
        found = _unpacked(self._book.get(_WAITING + event_id.encode())) or ()
        return [Unkeyed(event_id, *label) for label in found]

    def _put_waiting(self, event_id: str, labels: Sequence[Unkeyed]) -> None:
        self._put(_WAITING + event_id.encode(), [label[1:] for label in labels] or None)

    def _put(self, key: bytes, value: Any) -> None:
        self._book.changed[key] = None if value is None else msgpack.packb(value)


def _page_key(owner: int, slot: int, page: int) -> bytes:
    return _NAMES + ordered(owner) + ordered(slot) + ordered(page)


def _unpacked(value: bytes | None) -> Any:
    return None if value is None else msgpack.unpackb(value)
