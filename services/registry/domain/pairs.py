"""Sums over events that two models were both asked about."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Pairs(NamedTuple):
    """As PairSum in ProfileClosed.avsc: of the version in flight, and of the `other` one."""

    rows: int = 0
    answered: int = 0
    failed: int = 0
    positives: int = 0
    other_positives: int = 0
    disagreements: int = 0
    error: float = 0.0
    other_error: float = 0.0
    absolute: float = 0.0
    other_absolute: float = 0.0

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Pairs":
        """Of a PairSum."""
        return cls(*(record[name] for name in cls._fields))


NO_PAIRS = Pairs()


def total(sums: Iterable[Pairs]) -> Pairs:
    """All of them together; floating-point sums depend on their order."""
    held = list(sums)
    return Pairs(*map(sum, zip(*held, strict=True))) if held else NO_PAIRS


def by_other(records: Iterable[Mapping[str, Any]]) -> dict[str, Pairs]:
    """PairSums by the other version."""
    return {record["other"]: Pairs.from_record(record) for record in records}
