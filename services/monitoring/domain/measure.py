"""What quality measures: sums of errors over sums of rows, and how exactly they are known."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION
from services.monitoring.domain.window import Run

_ANY = 1e-9
"""Least rise of a measure that has a unit of its own: where nothing was wrong, anything counts."""


@dataclass(frozen=True, slots=True)
class Measure:
    """error, rows: columns of a Run. enough: rows that a window must hold to be judged. effect: least rise that counts.

    A rise must also be a quarter of the reference's level.
    """

    name: str
    error: str
    rows: str
    enough: int
    effect: float
    words: str

    def least_rise(self, level: float) -> float:
        """The rise over a level that matters."""
        return max(self.effect, level / 4)

    def rows_of(self, runs: Sequence[Run]) -> int:
        """Rows that count."""
        return sum([getattr(run, self.rows) for run in runs])

    def of(self, runs: Sequence[Run]) -> "Sums | None":
        """The measure over some runs; None if no row of them counts."""
        rows = float(self.rows_of(runs))
        if not rows:
            return None
        pairs = [(float(getattr(run, self.error)), float(getattr(run, self.rows))) for run in runs]
        value = sum([error for error, _ in pairs]) / rows
        squares = sum([(error - value * count) ** 2 for error, count in pairs])
        first, last = min([run.from_time for run in runs]), max([run.to_time for run in runs])
        return Sums(first, last, value, rows, math.sqrt(squares) / rows)


@dataclass(frozen=True, slots=True)
class Sums:
    """A measure over the rows of a time. deviation: standard error of the value, from the differences between runs."""

    from_time: int
    to_time: int
    value: float
    rows: float
    deviation: float


_OF_CLASSES = (
    Measure("error_rate", "wrong", "rows", 100, 0.02, "The share of wrong decisions"),
    Measure("brier", "total", "rows", 100, 0.01, "The squared error of scores"),
    Measure("miss_rate", "missed", "positives", 10, 0.1, "The share of missed positives"),
    Measure("positive_brier", "positive_total", "positives", 10, 0.05, "The squared error of positives' scores"),
)
"""Errors of all rows, and of the positives alone: where these are rare, missing all hardly moves the first two."""

_OF_NUMBERS = (
    Measure("mae", "absolute", "rows", 100, _ANY, "The mean absolute error"),
    Measure("mse", "total", "rows", 100, _ANY, "The mean squared error"),
    Measure("miscoverage", "outside", "intervals", 100, 0.05, "The share of labels outside their intervals"),
)
"""The second rises where few answers are far off, the third where intervals promise too much."""

_OF_SEVERAL = (
    Measure("error_rate", "wrong", "rows", 100, 0.02, "The share of wrong decisions"),
    Measure("brier", "total", "rows", 100, 0.01, "The squared error of the decided class's probability"),
)

MEASURES: Mapping[str, Mapping[str, Measure]] = {
    kind: {measure.name: measure for measure in measures}
    for kind, measures in (
        (BINARY.kind, _OF_CLASSES),
        (REGRESSION.kind, _OF_NUMBERS),
        (MULTICLASS.kind, _OF_SEVERAL),
        (ANOMALY.kind, ()),
    )
}
"""By the kind of the learning task, then by name; without labels there is none."""
