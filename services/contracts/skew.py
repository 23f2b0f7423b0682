"""Served features compared with recomputed ones, feature by feature: what a profile of the stream `skew` counts."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

STREAM = "skew"
VECTOR = "vector"
"""The name under which vectors are counted that weren't written at all."""


@dataclass(frozen=True, slots=True)
class SkewCount:
    """Of one feature, as SkewCount in ProfileClosed.avsc. rows: compared events; the others are among them."""

    name: str
    rows: int = 0
    mismatched: int = 0
    missing: int = 0
    extra: int = 0

    @property
    def differing(self) -> int:
        """Rows in which the two aren't the same."""
        return self.mismatched + self.missing + self.extra

    def __add__(self, other: Self) -> Self:
        """Of the same feature, in further rows."""
        sums = (getattr(self, part) + getattr(other, part) for part in ("rows", "mismatched", "missing", "extra"))
        return type(self)(self.name, *sums)

    def to_record(self) -> dict[str, Any]:
        """The record of which `from_record` makes this."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """From a record of a profile."""
        return cls(**record)


def summed(counts: Iterable[SkewCount]) -> dict[str, SkewCount]:
    """By feature, in the order in which they come first."""
    found: dict[str, SkewCount] = {}
    for one in counts:
        found[one.name] = found[one.name] + one if one.name in found else one
    return found
