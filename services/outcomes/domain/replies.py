"""What was answered to events that haven't come yet, or not all before them have."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgpack

from services.contracts.ledger import Ledger, LedgerDraft, number_of, ordered
from services.contracts.release_name import ReleaseName

_BITS = 1024

Reply = Mapping[str, Any]
"""A `driftmill.Prediction` or `driftmill.ShadowPrediction`, or what of it goes into the answer."""


class Shelf(NamedTuple):
    """Where replies of a kind are kept. prefix: of their keys. kept: fields that are wanted later."""

    prefix: bytes
    kept: tuple[str, ...]

    def key(self, seq: int) -> bytes:
        """Key of the reply to an event."""
        return self.prefix + ordered(seq)


ANSWERS = Shelf(
    b"r",
    (
        *("event_id", "score", "label", "model", "feature_set", "numbers", "categories"),
        *("explore", "propensity", "arm", "beside"),
    ),
)
SHADOWS = Shelf(b"s", ("score", "label", "model", "arm"))


def released(reply: Reply) -> str:
    """The name of what answered: of the model, with the policy that decided; see ReleaseName."""
    return ReleaseName.by(reply["model"], reply.get("policy", ""))


class Replied:
    """The seqs of events with a reply that waits for them, a bit for each."""

    __slots__ = ("_blocks",)

    def __init__(self, seqs: Iterable[int] = ()) -> None:
        self._blocks: dict[int, int] = {}
        for seq in seqs:
            self.add(seq)

    @classmethod
    def load(cls, ledger: Ledger, shelf: Shelf) -> "Replied":
        """Those that were told."""
        return cls(number_of(key[len(shelf.prefix) :]) for key, _ in ledger.items(shelf.prefix))

    def __contains__(self, seq: int) -> bool:
        return bool(self._blocks.get(seq // _BITS, 0) >> seq % _BITS & 1)

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def add(self, seq: int) -> None:
        """Put one in."""
        self._blocks[seq // _BITS] = self._blocks.get(seq // _BITS, 0) | 1 << seq % _BITS

    def remove(self, seq: int) -> None:
        """Take one out."""
        left = self._blocks[seq // _BITS] & ~(1 << seq % _BITS)
        if left:
            self._blocks[seq // _BITS] = left
        else:
            del self._blocks[seq // _BITS]

    def apply(self, draft: "Replies") -> None:
        """Make a change."""
        for seq in draft.taken:
            self.remove(seq)
        for seq in draft.made:
            self.add(seq)


class Replies:
    """Replies that wait, as a draft sees and changes them. made, taken: those more, and those less, than before it."""

    __slots__ = ("_book", "_replied", "_shelf", "_some_waited", "made", "taken")

    def __init__(self, book: LedgerDraft, replied: Replied, shelf: Shelf) -> None:
        self._book, self._replied, self._some_waited, self._shelf = book, replied, bool(replied), shelf
        self.made: dict[int, Reply] = {}
        self.taken: set[int] = set()

    def __bool__(self) -> bool:
        return self._some_waited

    def __contains__(self, seq: int) -> bool:
        return seq in self.made or (self._some_waited and seq not in self.taken and seq in self._replied)

    def load(self, seqs: Iterable[int]) -> None:
        """Have at hand what was replied to these events."""
        if self._replied:
            self._book.load(self._shelf.key(seq) for seq in seqs if seq in self._replied)

    def take(self, seq: int) -> Reply | None:
        """The reply that waits for an event, and does no longer; None if none does."""
        reply = self.made.pop(seq, None)
        if reply is None and seq in self:
            self.taken.add(seq)
            reply = msgpack.unpackb(self._book.get(self._shelf.key(seq)))
        return reply

    def add(self, seq: int, reply: Reply) -> None:
        """Let a reply wait for its event."""
        self.made[seq] = reply

    def settle(self) -> None:
        """Let the ledger have what has changed."""
        prefix, kept = self._shelf
        self._book.changed.update((prefix + ordered(seq), None) for seq in self.taken)
        for seq, reply in self.made.items():
            its = {name: reply[name] for name in kept} | {"model": released(reply)}
            self._book.changed[prefix + ordered(seq)] = msgpack.packb(its)
