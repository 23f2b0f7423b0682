"""Columns that name rows instead of telling about them: ids, counters and times, which a model learns by heart."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LEAST = 100
_OWN = 0.9
_RISING = 0.999


class Identity(NamedTuple):
    """A column, and the share of its rows that have a value of their own, or that are not below the one before."""

    column: str
    share: float
    is_rising: bool


def identity_of(name: str, values: NDArray[Any]) -> Identity | None:
    """What a column is, if it names rows. values: in the order of event time, numbers (NaN: missing) or texts.

    A category or whole number names rows if 90 of 100 have a value of their own; a number that never falls, but for one
    row in a thousand, counts or tells the time, if it has a hundred values.
    """
    if np.issubdtype(values.dtype, np.number):
        present = values[np.isfinite(values)]
        if len(present) < _LEAST:
            return None
        distinct, whole = len(np.unique(present)), bool((present == np.floor(present)).all())
        rising = float((np.diff(present) >= 0).mean())
        if rising >= _RISING and distinct >= _LEAST:
            return Identity(name, rising, True)
    else:
        named = values[values != ""]
        distinct, whole, present = len(set(named.tolist())), True, named
    share = distinct / max(1, len(present))
    return Identity(name, share, False) if whole and share >= _OWN and len(present) >= _LEAST else None
