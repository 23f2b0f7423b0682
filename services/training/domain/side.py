"""On which side of a split an entity stands where all rows of one are to stand on one side.

Told by a hash of its key, so that an entity stays where it is, whatever rows come: no model has ever learnt from one
that another is measured on.
"""

import hashlib
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_PARTS = 5


class Side(IntEnum):
    """A fifth of the entities is held out, a fifth chooses, the others train."""

    HELD_OUT = 0
    CHOOSES = 1
    TRAINS = 2


def sides(entity: NDArray[np.object_]) -> NDArray[np.int8]:
    """Of each row, the side of its entity. entity: its key [rows]."""
    codes, keys = pd.factorize(entity)
    found: NDArray[np.int8] = np.array([_side(str(key)) for key in keys], np.int8)[codes]
    return found


def _side(key: str) -> Side:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return Side(min(int.from_bytes(digest[:8], "big") % _PARTS, Side.TRAINS))
