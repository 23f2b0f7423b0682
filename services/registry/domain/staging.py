"""The staging test: a candidate serves recorded traffic as its manifest says, before it is let at any event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from services.contracts.manifest import Cost
from services.registry.domain.acceptance import Criterion

Numbers: TypeAlias = Mapping[str, float]

STAGED = "driftmill.CandidateStaged"

TIMES = 4.0
"""A time may be so many times what training measured, and a memory half as much again."""
SPARE = {"alone": 0.5, "alone_p99": 1.0, "together": 5.0, "mib": 64.0}
"""And so much more: of small numbers the machine is a great part."""
_MEMORY_TIMES = 1.5
_SAID = {
    "alone": "milliseconds for a row that comes alone, the median",
    "alone_p99": "milliseconds for a row that comes alone, the slowest hundredth",
    "together": "milliseconds for 1,000 rows together",
    "mib": "MiB of memory",
}


@dataclass(frozen=True, slots=True)
class Staged:
    """How a candidate served its stretch. rows: of it. tries: how often it was served. distance: of the scores from
    those that were signed, at most `tolerance`; NaN if there is no score. uneven: rows whose score was another in other
    batches. measured: here, the least of all tries; promised: by training. problem: why it served nothing."""

    rows: int
    tries: int
    distance: float
    tolerance: float
    uneven: int
    measured: Cost
    promised: Cost
    problem: str = ""

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Each with its limit. What a machine took is told only where it fails: that another run passes is the same in
        all its numbers."""
        if self.problem:
            name = "staging"
            return (Criterion(name, False, None, None, None, None, self.rows, f"{name}: {self.problem}"),)
        return (self._answers(), *self._costs())

    @property
    def passed(self) -> bool:
        """Whether all of them hold."""
        return all(one.passed for one in self.criteria)

    def _answers(self) -> Criterion:
        name, passed = "answers in staging", self.distance <= self.tolerance and not self.uneven
        outcome = "are" if passed else "aren't"
        detail = f"{name}: {outcome} those of the hold-out, {self.distance:.2g} apart, at most {self.tolerance:.2g}"
        detail += f", and {self.uneven} others in other batches" if self.uneven else ""
        value = self.distance if np.isfinite(self.distance) else None
        return Criterion(name, passed, value, self.tolerance, None, None, self.rows, f"{detail}; {self.rows} rows")

    def _costs(self) -> Iterator[Criterion]:
        measured, promises = cast(Numbers, self.measured), cast(Numbers, self.promised)
        for what, promised in sorted(promises.items()):
            most = limit(what, promised)
            name, passed = f"{'memory' if what == 'mib' else 'latency'} in staging, {what}", measured[what] <= most
            found = "holds" if passed else f"fails, {measured[what]:.4g}"
            detail = f"{name}: {found}, at most {most:.4g} {_SAID[what]}; training measured {promised:.4g}"
            yield Criterion(name, passed, None if passed else measured[what], most, None, None, self.rows, detail)

    def to_record(self, version: str, clock: int) -> dict[str, Any]:
        """As `driftmill.CandidateStaged` holds it."""
        return {
            "version": version,
            "clock": clock,
            "passed": self.passed,
            "rows": self.rows,
            "tries": self.tries,
            "distance": self.distance if np.isfinite(self.distance) else None,
            "measured": dict(self.measured),
            "promised": dict(self.promised),
            "problem": self.problem,
        }


def limit(what: str, promised: float) -> float:
    """The most that may be measured of a Cost's number."""
    return (_MEMORY_TIMES if what == "mib" else TIMES) * promised + SPARE[what]


def least(one: Cost, other: Cost) -> Cost:
    """The lower of each number: what hasn't to do with the file only adds to it."""
    return {
        "alone": min(one["alone"], other["alone"]),
        "alone_p99": min(one["alone_p99"], other["alone_p99"]),
        "together": min(one["together"], other["together"]),
        "mib": min(one["mib"], other["mib"]),
    }


def apart(scores: Sequence[Any], signed: Sequence[Any]) -> float:
    """Greatest distance of scores, NaN if one is none."""
    return float(np.max(np.abs(np.array(scores, np.float64) - np.array(signed, np.float64)), initial=0.0))


def unequal(scores: Sequence[Any], others: Sequence[Any]) -> int:
    """Rows whose scores differ in a bit."""
    differs = np.array(scores, np.float64) != np.array(others, np.float64)
    return int((differs if differs.ndim == 1 else differs.any(axis=1)).sum())
