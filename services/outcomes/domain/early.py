"""Labels that came before their events, in the order in which they are given up."""

from collections.abc import Iterator, Sequence

from services.contracts.ledger import ORDERED, LedgerDraft, number_of, ordered
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.ids import Ids
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.progress import Progress

_PREFIX = b"o"
_ENOUGH = 1_000
"""Labels that are looked ahead to at once, about."""


class EarlyLabels:
    """Early labels, as a draft sees and changes them; a calendar of when they became known."""

    __slots__ = ("_book", "_ids", "_policy", "_slots", "_were_none")

    def __init__(self, book: LedgerDraft, ids: Ids, policy: Policy, progress: Progress) -> None:
        self._book, self._ids, self._policy = book, ids, policy
        self._slots = progress.early
        self._were_none = not progress.early

    def __bool__(self) -> bool:
        return bool(self._slots)

    def get(self, event_id: str) -> Label | None:
        """The label that waits for an event."""
        known = self._ids.get_changed(event_id) if self._were_none else self._ids.get(event_id)
        return known if isinstance(known, Label) else None

    def add(self, event_id: str, label: Label) -> None:
        """Let a label wait for an event that none waits for."""
        slot = self._policy.slot_of(label.known_at)
        self._ids.update(event_id, label)
        self._book.changed[_key(slot, label.known_at, event_id)] = b""
        self._slots[slot] = self._slots.get(slot, 0) + 1

    def take(self, event_id: str) -> Label | None:
        """The label that waits for an event, which it does no longer."""
        label = self.get(event_id)
        if label is not None:
            slot = self._policy.slot_of(label.known_at)
            self._ids.update(event_id, None)
            self._book.changed[_key(slot, label.known_at, event_id)] = None
            self._slots[slot] -= 1
            if not self._slots[slot]:
                del self._slots[slot]
        return label

    def ahead(self, first: int, last: int) -> tuple[list[tuple[int, str]], int]:
        """See Calendar."""
        due: list[tuple[int, str]] = []
        for slot in sorted(slot for slot in self._slots if first <= slot <= last):
            if len(due) >= _ENOUGH:
                return due, slot
            due += self._due_in(slot)
        return due, last + 1

    def _due_in(self, slot: int) -> Iterator[tuple[int, str]]:
        start = len(_slot_key(slot))
        for key, _ in self._book.items(_slot_key(slot)):
            yield number_of(key[start : start + ORDERED]), key[start + ORDERED :].decode()

    def load(self, keys: Sequence[str]) -> None:
        """See Calendar."""
        self._ids.load(keys)


def _slot_key(slot: int) -> bytes:
    return _PREFIX + ordered(slot)


def _key(slot: int, known_at: int, event_id: str) -> bytes:
    return _slot_key(slot) + ordered(known_at) + event_id.encode()
