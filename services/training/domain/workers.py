"""Who works on the parts of a run that don't depend on each other: its own process, or others beside it."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, TypeVarTuple

Piece = TypeVar("Piece")
Done = TypeVar("Done")
Shared = TypeVarTuple("Shared")


class Workers(Protocol):
    """Whoever works on pieces: what comes of each is the same, whoever it is."""

    @property
    def count(self) -> int:
        """Pieces that are worked on at a time."""
        ...

    def each(self, work: Callable[[Piece, *Shared], Done], pieces: Sequence[Piece], *shared: *Shared) -> Sequence[Done]:
        """What comes of each piece and what all share, in the order of the pieces. Raises what `work` raises."""
        ...


class Alone:
    """The process of the run, one piece after the other."""

    count = 1

    def each(self, work: Callable[[Piece, *Shared], Done], pieces: Sequence[Piece], *shared: *Shared) -> Sequence[Done]:
        """See `Workers`."""
        return [work(piece, *shared) for piece in pieces]


ALONE = Alone()
