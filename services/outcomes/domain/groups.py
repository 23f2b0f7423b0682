"""Groups of events by the values of their slice fields: each combination of these has a number that a row can hold."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.contracts.ledger import Ledger, LedgerDraft
from services.contracts.profile import MAX_NAME, REST
from services.outcomes.domain.names import Names
from services.outcomes.domain.rows import Rows

MOST = 1_000
"""Combinations that are told apart; events of further ones count for no group."""

_PREFIX = b"g"


class Groups:
    """Numbers from 1, in the order in which the combinations came; 0: of none. Long values count as no value."""

    __slots__ = ("_names", "_numbers", "_values")

    def __init__(self, names: Names, values: Sequence[tuple[str, ...]]) -> None:
        self._names, self._values = names, list(values)
        self._numbers = {its: number for number, its in enumerate(self._values, 1)}

    @classmethod
    def load(cls, ledger: Ledger) -> "Groups":
        """Those that were told."""
        names = Names.load(ledger, _PREFIX)
        return cls(names, [tuple(json.loads(text)) for text in names.texts])

    def copy(self) -> "Groups":
        """Equal, and changes on its own."""
        return Groups(self._names.copy(), self._values)

    def numbers(self, slices: Sequence[tuple[str, ...]]) -> list[int]:
        """The numbers of events by the values of their slice fields; a new combination gets the next."""
        found = {its: self._number(its) for its in dict.fromkeys(slices)}
        return [found[its] for its in slices]

    def _number(self, slices: tuple[str, ...]) -> int:
        values = tuple(value if len(value.encode()) <= MAX_NAME else REST for value in slices)
        if not values or values in self._numbers or len(self._values) >= MOST:
            return self._numbers.get(values, 0)
        self._names.numbers([json.dumps(values, ensure_ascii=False)])
        self._values.append(values)
        self._numbers[values] = len(self._values)
        return len(self._values)

    def within(self, its: Rows, fields: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """The groups that rows are of, as `field=value`, and which rows each has. fields: the slice fields."""
        numbers = [number for number in np.unique(its["group"]).tolist() if number] if fields else []
        for place, field in enumerate(fields):
            by_value: dict[str, list[int]] = {}
            for number in numbers:
                by_value.setdefault(self._values[number - 1][place], []).append(number)
            for value, held in sorted(by_value.items()):
                yield f"{field}={value}", np.isin(its["group"], held)

    def settle(self, book: LedgerDraft) -> None:
        """Let the ledger have the new ones."""
        self._names.settle(book)
