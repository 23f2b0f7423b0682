"""Groups of events by the values of the fields declared as slice or fairness group."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

WHOLE = ""
"""Name of all events together."""

MOST = 50
"""Values of a field that are told of a window: those of most rows."""


def groups(
    fields: Sequence[str], values: Sequence[Sequence[str]], rows: int
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """All rows, then those of each value, as `field=value`. values: of each row, in the order of the fields; looked at
    only where there are fields."""
    yield WHOLE, np.ones(rows, np.bool_)
    for place, field in enumerate(fields):
        column = np.array([its[place] for its in values])
        for value in np.unique(column).tolist():
            yield f"{field}={value}", column == value


def told(rows: Mapping[str, int]) -> Iterable[str]:
    """Which slices of a window are told, in order. rows: of each; one without any isn't told."""
    of_field: dict[str, list[str]] = defaultdict(list)
    for name in sorted(rows, key=lambda name: (-rows[name], name)):
        if name != WHOLE and rows[name]:
            of_field[name.partition("=")[0]].append(name)
    return sorted(name for names in of_field.values() for name in names[:MOST])
