"""A budget of positive decisions, such as 200 a day: how many of some rows may be decided positive by it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from services.contracts.pipeline.units import Rate
from services.training.domain.cohort import Rows


@dataclass(frozen=True, slots=True)
class Budget:
    """at_most: as the file says it. decided: events a period of it that were decided positive on other rows than those
    that chose; None where these are of one time."""

    at_most: str
    decided: float | None

    @classmethod
    def spent(cls, decided: int, rows: Rows, rate: Rate) -> "Budget":
        """Of a budget, where so many of these rows are decided positive."""
        allowed = allowance(rows, rate)
        return cls(str(rate), rate.count * decided / allowed if allowed > 0 else None)

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return asdict(self)


def allowance(rows: Rows, rate: Rate) -> float:
    """How many of these rows may be decided positive, in the mean over their time.

    The rate is of events, of which some never get a label: of those among them that have one, as many fewer may be. How
    many events there are is taken as it was in the time of the rows; nothing is expected of what comes.
    """
    if len(rows) == 0:
        return 0.0
    first, last = int(rows.event_time[0]), int(rows.event_time[-1])
    return rate.count * (last - first) / rate.per * len(rows) / _events(rows, first, last)


def _events(rows: Rows, first: int, last: int) -> int:
    """From the first of the rows to the last."""
    if rows.traffic is None:
        return len(rows)
    begin, end = np.searchsorted(rows.traffic, first), np.searchsorted(rows.traffic, last, "right")
    return int(end - begin)
