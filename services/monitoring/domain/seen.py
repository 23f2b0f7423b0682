"""Which values of a field some windows have: what others have beyond that is new."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from services.contracts.histogram import Histogram

_BEYOND = 1 << 32
"""Greater than any bin."""


class Seen(NamedTuple):
    """low, high: the lowest and the greatest bin of numbers; without numbers the first is the greater."""

    low: int = _BEYOND
    high: int = -_BEYOND
    categories: frozenset[str] = frozenset()

    @classmethod
    def of(cls, found: Histogram) -> Self:
        """The values of a histogram."""
        ends = (int(found.bins[0]), int(found.bins[-1])) if len(found.bins) else (_BEYOND, -_BEYOND)
        return cls(*ends, frozenset(found.categories))

    def holds(self, other: "Seen") -> bool:
        """Whether all values of another lie within."""
        return self.low <= other.low and self.high >= other.high and self.categories >= other.categories

    def __or__(self, other: "Seen") -> "Seen":
        """The values of either."""
        if self.holds(other):
            return self
        return Seen(min(self.low, other.low), max(self.high, other.high), self.categories | other.categories)


NOTHING = Seen()


def together(parts: Iterable[Seen]) -> Seen:
    """The values of all of them."""
    found = NOTHING
    for part in parts:
        found |= part
    return found
