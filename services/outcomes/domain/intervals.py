"""How wide the intervals are that each version answers with: one number a version, learnt from its first answer."""

import struct
from collections.abc import Mapping

from services.contracts.ledger import Ledger, LedgerDraft

_PREFIX = b"v"
_WIDTH = struct.Struct("<d")


class Intervals:
    """Half-widths by version; versions without intervals aren't there."""

    __slots__ = ("_new", "widths")

    def __init__(self, widths: Mapping[str, float]) -> None:
        self.widths = dict(widths)
        self._new: list[str] = []

    @classmethod
    def load(cls, ledger: Ledger) -> "Intervals":
        """Those that were told."""
        return cls({key[len(_PREFIX) :].decode(): _WIDTH.unpack(packed)[0] for key, packed in ledger.items(_PREFIX)})

    def copy(self) -> "Intervals":
        """Equal, and changes on its own."""
        return Intervals(self.widths)

    def update(self, version: str, score: float | None, high: float | None) -> None:
        """Take in an answer: its score and the upper end of its interval."""
        if score is not None and high is not None and version not in self.widths:
            self.widths[version] = high - score
            self._new.append(version)

    def settle(self, book: LedgerDraft) -> None:
        """Let the ledger have the new ones."""
        book.changed.update((_PREFIX + version.encode(), _WIDTH.pack(self.widths[version])) for version in self._new)
