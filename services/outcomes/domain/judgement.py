"""How good the answers of one version were, by what its task makes of an answer and its label."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from math import fsum
from typing import Any, NamedTuple

import numpy as np

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION
from services.contracts.record import many
from services.outcomes.domain.answer import RIGHT_FROM
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.reliability import Reliability
from services.outcomes.domain.rows import ACTED_ON, LABEL, NO, SCORE, YES, Rows

RUN = 32
"""Errors are summed over so many consecutive outcomes."""

_GREATEST = 1e150
"""Greater errors count as this: sums of them, and squares of the sums, must stay finite."""


class Judged(NamedTuple):
    """One outcome: time of its event, for how many it stands, squared and absolute difference of score and label,
    whether the decision was wrong (None: nothing was decided), whether the truth is positive, and whether it lies
    outside the interval (None: there was none)."""

    time: int
    weight: int
    squared: float
    absolute: float
    wrong: bool | None
    positive: bool
    outside: bool | None = None


Judge = Callable[[Rows, float | None], Iterable[Judged]]
"""From rows with a score and a label, in the order of seq, and the half-width of their intervals."""


def decided(its: Rows, _half_width: float | None) -> Iterable[Judged]:
    """Probabilities, and decisions made of them."""
    positive = its["label"] >= RIGHT_FROM
    wrong = its["decision"] != np.where(positive, YES, NO)
    squared = [(score - label) ** 2 for score, label in zip(its["score"].tolist(), its["label"].tolist(), strict=True)]
    absolute = [0.0] * len(its)
    return many(
        Judged,
        its["time"].tolist(),
        its["weight"].tolist(),
        squared,
        absolute,
        wrong.tolist(),
        positive.tolist(),
        [None] * len(its),
    )


def predicted(its: Rows, half_width: float | None) -> Iterable[Judged]:
    """Numbers, of which nothing is decided."""
    nothing = [None] * len(its)
    with np.errstate(over="ignore"):
        absolute = np.abs(its["score"] - its["label"])
        squared = np.minimum(absolute * absolute, _GREATEST).tolist()
    outside = nothing if half_width is None else (absolute > half_width).tolist()
    times, absolute = its["time"].tolist(), np.minimum(absolute, _GREATEST).tolist()
    return many(Judged, times, its["weight"].tolist(), squared, absolute, nothing, [False] * len(its), outside)


def chosen(its: Rows, _half_width: float | None) -> Iterable[Judged]:
    """One of several classes, and how probable it was; the squared difference is of that and of being right."""
    right = its["decision"] == its["label"] + YES - 1
    squared = ((its["score"] - right) ** 2).tolist()
    nothing = [None] * len(its)
    times, weights = its["time"].tolist(), its["weight"].tolist()
    no = [False] * len(its)
    return many(Judged, times, weights, squared, [0.0] * len(its), (~right).tolist(), no, nothing)


JUDGES: Mapping[str, Judge] = {
    BINARY.kind: decided,
    REGRESSION.kind: predicted,
    MULTICLASS.kind: chosen,
    ANOMALY.kind: decided,
}
"""By the kind of the learning task; where there are no labels none is ever judged."""


Price = Callable[[Seqs, Rows], list[float | None]]
"""What each of some wrong decisions cost; None where it isn't known."""


class Judgement:
    """Sums over the answers of one version; in the order of seq. half_width: of the intervals that it answers with.
    price: what wrong decisions cost, if the pipeline says it. has_classes: scores are probabilities. in_one: the errors
    are one sum, instead of one for each run.

    Each counts as often as it stands for events, so that what was left alone to explore speaks for what was acted on.
    """

    def __init__(
        self,
        judge: Judge,
        half_width: float | None = None,
        price: Price | None = None,
        has_classes: bool = False,
        in_one: bool = False,
    ) -> None:
        self._judge, self._half_width, self._price, self._in_one = judge, half_width, price, in_one
        self._reliability = Reliability() if has_classes else None
        self._costs: list[float | None] = []
        self._rows = self._positives = self._correct = self._censored = 0
        self._errors: list[dict[str, Any]] = []
        self._run: list[Judged] = []

    def update(self, seqs: Seqs, its: Rows) -> None:
        """Take in the answers that come next; those without score or without label are not judged."""
        self._censored += int(np.count_nonzero(its["status"] == ACTED_ON))
        is_judged = its["present"] == SCORE | LABEL
        seqs, its = seqs[is_judged], its[is_judged]
        judged = list(self._judge(its, self._half_width))
        if self._reliability is not None:
            self._reliability.update(its)
        if self._price is not None:
            wrong = np.array([bool(one.wrong) for one in judged], np.bool_)
            self._costs += self._price(seqs[wrong], its[wrong])
        self._rows += sum(one.weight for one in judged)
        self._positives += sum(one.weight for one in judged if one.positive)
        self._correct += sum(one.weight for one in judged if one.wrong is False)
        self._run += judged
        full = len(self._run) // RUN * RUN
        self._add([_error_sum(self._run[start : start + RUN]) for start in range(0, full, RUN)])
        del self._run[:full]

    def _add(self, errors: list[dict[str, Any]]) -> None:
        self._errors += errors
        if self._in_one and len(self._errors) > 1:
            self._errors = [reduce(_together, self._errors)]

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        self._add([_error_sum(self._run)] if self._run else [])
        self._run = []
        counts = {"rows": self._rows, "positives": self._positives, "correct": self._correct}
        counts["censored"] = self._censored
        reliability = [] if self._reliability is None else self._reliability.to_record()
        return counts | {"errors": self._errors, "reliability": reliability, "cost": self._cost()}

    def _cost(self) -> float | None:
        """The same whatever the parts in which the answers came."""
        known = [cost for cost in self._costs if cost is not None]
        return None if self._price is None or len(known) < len(self._costs) else fsum(known)


def _error_sum(run: list[Judged]) -> dict[str, Any]:
    positives = [one for one in run if one.positive]
    return {
        "from_time": run[0].time,
        "to_time": run[-1].time,
        "rows": _weight(run),
        "total": sum(one.weight * one.squared for one in run),
        "wrong": _weight(one for one in run if one.wrong),
        "positives": _weight(positives),
        "missed": _weight(one for one in positives if one.wrong),
        "positive_total": sum(one.weight * one.squared for one in positives),
        "heaviest": max(one.weight for one in run),
        "absolute": sum(one.weight * one.absolute for one in run),
        "intervals": _weight(one for one in run if one.outside is not None),
        "outside": _weight(one for one in run if one.outside),
    }


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The sum of two error sums, the second of later outcomes."""
    found = {name: first[name] + second[name] for name in first}
    heaviest = max(first["heaviest"], second["heaviest"])
    return found | {"from_time": first["from_time"], "to_time": second["to_time"], "heaviest": heaviest}


def _weight(some: Iterable[Judged]) -> int:
    return sum(one.weight for one in some)
