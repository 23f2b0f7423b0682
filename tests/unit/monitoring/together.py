"""Windows of features, in which numbers go together as one says."""

import numpy as np

from services.contracts.histogram import Histogram
from services.contracts.rank_correlation import RankCorrelation
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, numbers

NAMES = ("a", "b", "c", "d", "sent")


def window(day: int, together: float = 0.0, sent: float = 5.0, version: str = "f1", rows: int = 400) -> Window:
    """together: the correlation of a and b, of which each looks alike whatever it is. sent: mean of a feature."""
    rng = np.random.default_rng((7, day))
    values = rng.normal(size=(rows, 5))
    values[:, 1] = together * values[:, 0] + (1 - together**2) ** 0.5 * values[:, 1]
    values[:, 4] = rng.poisson(sent, rows)
    fields = {"sent": Histogram.from_record(numbers("sent", values[:, 4]))}
    correlation = RankCorrelation.of(NAMES, values)
    return Window("features", version, at(day), at(day + 1), at(day + 1), rows, fields, [], correlation=correlation)
