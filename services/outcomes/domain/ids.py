"""What is known of the ids of events: the number of an event that came, or a label that waits for one."""

from collections.abc import Iterable

import msgpack

from services.contracts.ledger import LedgerDraft
from services.outcomes.domain.conflict import Label

_PREFIX = b"i"
_SEQ, _LABEL = b"s", b"l"
_SEQ_BYTES = 8

Known = int | Label | None
"""The seq of the last event of an id, or the label that came before its event."""


class Ids:
    """Ids of events, as a draft sees and changes them."""

    __slots__ = ("_book", "_changed", "_known")

    def __init__(self, book: LedgerDraft) -> None:
        self._book = book
        self._known: dict[str, Known] = {}
        self._changed: dict[str, Known] = {}

    def load(self, event_ids: Iterable[str]) -> None:
        """Have these at hand, by one look for all."""
        wanted = [event_id for event_id in dict.fromkeys(event_ids) if event_id not in self._known]
        found = self._book.passing([_PREFIX + event_id.encode() for event_id in wanted])
        self._known.update(zip(wanted, map(_known, found), strict=True))

    def get(self, event_id: str) -> Known:
        """What is known of an id."""
        if event_id in self._changed:
            return self._changed[event_id]
        if event_id not in self._known:
            self.load([event_id])
        return self._known[event_id]

    def get_changed(self, event_id: str) -> Known:
        """What is known of an id by this draft alone."""
        return self._changed.get(event_id)

    def update(self, event_id: str, known: Known) -> None:
        """Know something else of an id, or nothing."""
        self._changed[event_id] = known

    def settle(self) -> None:
        """Let the ledger have what has changed."""
        changed = self._changed.items()
        self._book.changed.update({_PREFIX + event_id.encode(): _packed(known) for event_id, known in changed})


def _packed(known: Known) -> bytes | None:
    if isinstance(known, int):
        return _SEQ + known.to_bytes(_SEQ_BYTES, "big")
    found: bytes | None = None if known is None else _LABEL + msgpack.packb(known)
    return found


def _known(packed: bytes | None) -> Known:
    if packed is None:
        return None
    plain = packed[1:]
    return int.from_bytes(plain, "big") if packed[:1] == _SEQ else Label._make(msgpack.unpackb(plain))
