"""The backtest: how the chosen configuration would have done at earlier times, for the record; nothing is chosen by it.

With a rolling origin (Tashman 2000): fitted at each on what was known by then, measured on what followed.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from services.training.domain.cohort import Floats, Rows
from services.training.domain.decision import undecided
from services.training.domain.ensemble import fit
from services.training.domain.interval import Answers
from services.training.domain.learner import Configuration
from services.training.domain.metric import value
from services.training.domain.prior import alone
from services.training.domain.split import SplitRule, known_before
from services.training.domain.window import reaching
from services.training.domain.workers import ALONE, Workers


@dataclass(frozen=True, slots=True)
class Origin:
    """One of the times. begin, end: of the events it was measured on, in microseconds. trained, rows, positives: how
    many were learnt from, and measured. value, baseline, prior: the measure of the model and of these, None where it is
    not defined. lacking: why nothing was fitted here, else empty."""

    begin: int
    end: int
    trained: int
    rows: int
    positives: int
    value: float | None = None
    baseline: float | None = None
    prior: float | None = None
    lacking: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is tried at each origin: a configuration, the score from which it decides positive, measure and seed."""

    configuration: Configuration
    threshold: float
    metric: str
    seed: int


def backtest(
    rows: Rows, baseline: Floats, chosen: Chosen, rule: SplitRule, end: int, count: int, workers: Workers = ALONE
) -> tuple[Origin, ...]:
    """So many origins, the oldest first, a hold-out's length from each other, the last one's before `end`, where the
    hold-out begins. baseline: its scores [rows]. Where too few rows were known, the origin says so."""
    ends = [end - rule.holdout * back for back in reversed(range(count))]
    return tuple(workers.each(_origin, ends, rows, baseline, chosen, rule))


def _origin(end: int, rows: Rows, baseline: Floats, chosen: Chosen, rule: SplitRule) -> Origin:
    begin = end - rule.holdout
    train = rows.take(known_before(rows, begin))
    measured = rows.standing(np.flatnonzero((rows.event_time >= begin) & (rows.event_time < end)))
    followed = rows.take(measured)
    origin = Origin(begin, end, len(train), len(followed), followed.positives)
    if lacking := _lacking(train, followed, chosen, rule):
        return replace(origin, lacking=lacking)
    scores = fit(chosen.configuration, train, chosen.seed).scores(followed.inputs)
    prior, even = alone(train.label, len(followed), chosen.metric, train.task), undecided(train.task)
    return replace(
        origin,
        value=_value(chosen.metric, followed, Answers(scores, chosen.threshold)),
        baseline=_value(chosen.metric, followed, Answers(baseline[measured], even)),
        prior=_value(chosen.metric, followed, Answers(prior, even)),
    )


def _lacking(train: Rows, followed: Rows, chosen: Chosen, rule: SplitRule) -> str:
    """As for a run: rows to learn from, and rows, of each class if there are classes, to measure on."""
    if len(train) == 0:
        return f"0 of {rule.min_rows:,} training rows"
    for one in chosen.configuration.members or (chosen.configuration,):
        reached = reaching((one.window,), train, rule)
        if not isinstance(reached, tuple):
            return f"{reached.have:,} of {reached.need:,} {reached.reason}"
    kind = "rows of the rarer class" if train.task.classifies else "rows"
    return f"{followed.rarer:,} of {rule.min_positives:,} {kind}" if followed.rarer < rule.min_positives else ""


def _value(metric: str, rows: Rows, answers: Answers) -> float | None:
    found = value(metric, rows.label, answers.score, answers.threshold, rows.costs)
    return found if math.isfinite(found) else None
