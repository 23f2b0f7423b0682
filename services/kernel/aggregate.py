"""The aggregates, and what each keeps in an entity's row."""

from dataclasses import dataclass
from enum import StrEnum

from services.kernel import decayed, distinct, fold


class Part(StrEnum):
    """The kinds of memory in a row.

    RING: the tiles of a window. RECENCY: the time, and value, of the most recent record. LAG: the last few values.
    SKETCH: the different values of a window. DECAY: decayed count and sum.
    """

    RING = "ring"
    RECENCY = "recency"
    LAG = "lag"
    SKETCH = "sketch"
    DECAY = "decay"


WINDOWED = frozenset({Part.RING, Part.SKETCH})
"""The parts that hold a window."""


class Keeps(StrEnum):
    """What a ring keeps in each tile."""

    COUNT = "count"
    SUM = "sum"
    SQUARES = "squares"
    LOWEST = "lowest"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate: its operation in the compiled kernel, the part it reads, what that part must keep for it.

    of_value: it has no meaning without a value.
    """

    operation: int
    part: Part
    keeps: frozenset[Keeps] = frozenset()
    of_value: bool = True


_MOMENTS = frozenset({Keeps.COUNT, Keeps.SUM})

AGGREGATES = {
    "count": Aggregate(fold.COUNT_OF, Part.RING, frozenset({Keeps.COUNT}), of_value=False),
    "sum": Aggregate(fold.SUM_OF, Part.RING, _MOMENTS),
    "mean": Aggregate(fold.MEAN_OF, Part.RING, _MOMENTS),
    "std": Aggregate(fold.STD_OF, Part.RING, _MOMENTS | {Keeps.SQUARES}),
    "min": Aggregate(fold.MIN_OF, Part.RING, frozenset({Keeps.LOWEST})),
    "max": Aggregate(fold.MAX_OF, Part.RING, frozenset({Keeps.HIGHEST})),
    "rate": Aggregate(fold.RATE_OF, Part.RING, frozenset({Keeps.COUNT}), of_value=False),
    "distinct": Aggregate(distinct.COUNT_OF, Part.SKETCH),
    "last": Aggregate(fold.LAST_OF, Part.RECENCY),
    "lag": Aggregate(fold.LAG_OF, Part.LAG),
    "time_since_last": Aggregate(fold.SINCE_LAST, Part.RECENCY, of_value=False),
}
"""By the name in `pipeline.yaml`. Widening the language: a line here, an operation in a kernel, words in `parts`."""

DECAYED = {
    "count": Aggregate(decayed.COUNT_OF, Part.DECAY, frozenset({Keeps.COUNT}), of_value=False),
    "sum": Aggregate(decayed.SUM_OF, Part.DECAY, _MOMENTS),
    "mean": Aggregate(decayed.MEAN_OF, Part.DECAY, _MOMENTS),
}
"""Those of a half-life instead of a window."""
