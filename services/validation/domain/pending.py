"""Events that wait for a later one to label them, and those that would label an earlier one which is yet to come.

    s                  the slots of time in which there is anything, and how many names of entities each has
    n <slot> <page>    these names, some to a page, in the order in which they came; one may be there twice
    c <slot> <entity>  events of an entity in a slot: those that wait, and when there was one that fulfils the rule
    i <entity>         in which slots events of an entity wait, and in which there are such that fulfil the rule

All of a slot is over once its last event could no longer be labelled positive.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgpack

from services.contracts.ledger import Ledger, LedgerDraft, ordered
from services.validation.domain.labelling import Labelling, Verdict, Waiting

_SLOTS, _NAMES, _CHUNK, _INDEX = b"s", b"n", b"c", b"i"
_PAGE = 50
"""Names on a page."""
_NEVER = 2**63


class PendingDraft:
    """Changes what waits, while the ledger behind stays as it is; what is changed is in `changed`."""

    def __init__(self, ledger: Ledger, rule: Labelling) -> None:
        self._rule = rule
        self._book = LedgerDraft(ledger)
        self._slots: dict[int, int] = dict(_unpacked(self._book.get(_SLOTS)) or ())
        self._had = dict(self._slots)
        self._due = self._next_due()

    @property
    def changed(self) -> dict[bytes, bytes | None]:
        """The entries that differ."""
        if self._slots != self._had:
            self._put(_SLOTS, sorted(self._slots.items()) or None)
        return self._book.changed

    def load(self, events: Sequence[Waiting]) -> None:
        """Have at hand what these events will ask for first."""
        keys: dict[bytes, None] = {}
        for event in events:
            slot = self._slot_of(event.time)
            keys[_INDEX + event.entity.encode()] = keys[_chunk_key(slot, event.entity)] = None
            if slot in self._slots:
                keys[_page_key(slot, self._slots[slot] // _PAGE)] = None
        self._book.load(keys)

    def expire(self, watermark: int | None) -> list[Verdict]:
        """Take out what is over; the events that wait no longer, by slot, by entity, and as they came."""
        told: list[Verdict] = []
        while watermark is not None and watermark >= self._due:
            told += self._end(min(self._slots))
        return told

    def enter(self, event: Waiting, fulfils: bool) -> list[Verdict]:
        """Take in the next event; those that are positive now: earlier ones by it, or itself by a later one."""
        told = list(self._fulfil(event.entity, event.time)) if fulfils else []
        known_at = self._fulfilled_at(event)
        if known_at is not None:
            told.append(Verdict(event, True, known_at))
        if known_at is None or fulfils:
            self._keep(event, known_at is None, fulfils)
        return told

    def _fulfil(self, entity: str, time: int) -> Iterator[Verdict]:
        """Label what waits for an event that fulfils the rule at a time."""
        waiting, fulfilling = self._index(entity)
        first, last = self._slot_of(time - self._rule.within), self._slot_of(time)
        over = set()
        for slot in (slot for slot in waiting if first <= slot <= last):
            events, times = self._chunk(slot, entity)
            rest = []
            for event in events:
                if time - self._rule.within <= event[0] < time:
                    yield Verdict(Waiting(entity, *event), True, time)
                else:
                    rest.append(event)
            if len(rest) < len(events):
                self._put_chunk(slot, entity, rest, times)
            if not rest:
                over.add(slot)
        if over:
            self._put_index(entity, [slot for slot in waiting if slot not in over], fulfilling)

    def _fulfilled_at(self, event: Waiting) -> int | None:
        """When the first event was that came before this one but is later, and fulfils the rule."""
        start, end = event.time, event.time + self._rule.within
        for slot in self._index(event.entity)[1]:
            if slot >= self._slot_of(start):
                times = [time for time in self._chunk(slot, event.entity)[1] if start < time <= end]
                if times:
                    return min(times)
        return None

    def _keep(self, event: Waiting, waits: bool, fulfils: bool) -> None:
        """Let an event wait, remember when there was one that fulfils the rule, or both."""
        slot, entity = self._slot_of(event.time), event.entity
        events, times = self._chunk(slot, entity)
        if not events and not times:
            self._name(slot, entity)
        if waits:
            events.append(list(event[1:]))
        if fulfils and event.time not in times:
            times.append(event.time)
        self._put_chunk(slot, entity, events, times)
        waiting, fulfilling = self._index(entity)
        if (waits and slot not in waiting) or (fulfils and slot not in fulfilling):
            self._put_index(entity, _with(waiting, slot, waits), _with(fulfilling, slot, fulfils))

    def _name(self, slot: int, entity: str) -> None:
        """Let an entity be found that has something in a slot."""
        count = self._slots.get(slot, 0)
        page, is_new = _page_key(slot, count // _PAGE), count % _PAGE == 0
        self._put(page, [entity] if is_new else [*_unpacked(self._book.get(page)), entity])
        self._slots[slot] = count + 1
        if count == 0:
            self._due = self._next_due()

    def _end(self, slot: int) -> Iterator[Verdict]:
        pages = [_page_key(slot, page) for page in range(-(-self._slots.pop(slot) // _PAGE))]
        self._book.load(pages)
        entities = dict.fromkeys(entity for page in pages for entity in _unpacked(self._book.get(page)))
        self._book.load([*(_INDEX + one.encode() for one in entities), *(_chunk_key(slot, one) for one in entities)])
        for entity in entities:
            yield from self._end_chunk(slot, entity)
        self._book.changed.update(dict.fromkeys(pages))
        self._due = self._next_due()

    def _end_chunk(self, slot: int, entity: str) -> Iterator[Verdict]:
        events, times = self._chunk(slot, entity)
        if not events and not times:
            return
        for event in events:
            waiting = Waiting(entity, *event)
            yield Verdict(waiting, False, waiting.time + self._rule.within + self._rule.lateness)
        self._put_chunk(slot, entity, [], [])
        waits, fulfilling = self._index(entity)
        self._put_index(entity, [one for one in waits if one != slot], [one for one in fulfilling if one != slot])

    def _slot_of(self, time: int) -> int:
        return time // self._rule.slot

    def _next_due(self) -> int:
        """The watermark at which the first slot is over: none of its events could be followed in time any more."""
        if not self._slots:
            return _NEVER
        return (min(self._slots) + 1) * self._rule.slot + self._rule.within + self._rule.lateness

    def _index(self, entity: str) -> tuple[list[int], list[int]]:
        waiting, fulfilling = _unpacked(self._book.get(_INDEX + entity.encode())) or ([], [])
        return waiting, fulfilling

    def _chunk(self, slot: int, entity: str) -> tuple[list[list[Any]], list[int]]:
        events, times = _unpacked(self._book.get(_chunk_key(slot, entity))) or ([], [])
        return events, times

    def _put_index(self, entity: str, waiting: list[int], fulfilling: list[int]) -> None:
        self._put(_INDEX + entity.encode(), (waiting, fulfilling) if waiting or fulfilling else None)

    def _put_chunk(self, slot: int, entity: str, events: list[list[Any]], times: list[int]) -> None:
        self._put(_chunk_key(slot, entity), (events, times) if events or times else None)

    def _put(self, key: bytes, value: Any) -> None:
        self._book.changed[key] = None if value is None else msgpack.packb(value)


def _with(slots: list[int], slot: int, is_in: bool) -> list[int]:
    return sorted({*slots, slot}) if is_in else slots


def _page_key(slot: int, page: int) -> bytes:
    return _NAMES + ordered(slot) + ordered(page)


def _chunk_key(slot: int, entity: str) -> bytes:
    return _CHUNK + ordered(slot) + entity.encode()


def _unpacked(value: bytes | None) -> Any:
    return None if value is None else msgpack.unpackb(value)
