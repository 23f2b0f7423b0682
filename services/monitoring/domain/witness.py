"""What detectors that don't decide say of a change in errors, asked of the same values once an alert is raised.

Page-Hinkley (Page 1954) is a CUSUM against the mean of all values, here in standard deviations of those before the
change. KSWIN (Raab et al. 2020) compares the newest values with a sample of those before them. Both take errors to be
independent, and alarm too often by themselves: see docs/monitoring.md.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from services.monitoring.domain.distance import Evidence
from services.monitoring.domain.measure import Sums

_LEAST = 30
"""Values before the change that they need."""
_NEWEST = 600
"""So many values are looked at: KSWIN takes half a millisecond for each."""


def witnesses(values: Sequence[Sums], since: int, seed: int) -> tuple[Evidence, ...]:
    """Those that notice a rise that began at `since`, each with the measure's mean from then on until it does.

    values: the newest of a measure, in order. seed: of KSWIN's sample.
    """
    newest = values[-_NEWEST:]
    before = np.array([one.value for one in newest if one.to_time <= since])
    if len(before) < _LEAST or not np.ptp(before):
        return ()
    level, deviation = float(before.mean()), float(before.std())
    scaled = [(one.value - level) / deviation for one in newest]
    asked = (("page_hinkley", _page_hinkley()), ("kswin", _kswin(seed)))
    noticed = ((name, _noticed(detector, scaled, range(len(before), len(newest)))) for name, detector in asked)
    found = ((name, newest[len(before) : place + 1]) for name, place in noticed if place is not None)
    return tuple(Evidence(name, _mean(some), at=some[-1].to_time) for name, some in found if _mean(some) > level)


def _page_hinkley() -> Any:
    # in deviations: sees a rise by one of them within some twenty values, and a false one in tens of thousands
    from river.drift import PageHinkley

    untyped: Any = PageHinkley
    return untyped(min_instances=_LEAST, delta=0.5, threshold=10.0, mode="up")


def _kswin(seed: int) -> Any:
    from river.drift import KSWIN

    untyped: Any = KSWIN
    return untyped(alpha=1e-4, window_size=100, stat_size=_LEAST, seed=seed)


def _noticed(detector: Any, scaled: Iterable[float], places: range) -> int | None:
    """The first of some places at which a detector says that something has changed."""
    for place, value in enumerate(scaled):
        detector.update(value)
        if detector.drift_detected and place in places:
            return place
    return None


def _mean(some: Sequence[Sums]) -> float:
    return sum(one.value * one.rows for one in some) / sum(one.rows for one in some)
