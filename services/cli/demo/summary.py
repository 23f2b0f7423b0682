"""What a demo comes to: the loop beside the first model kept, the counts, and whether the loop closed."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.cli.demo.account import Account
from services.cli.demo.baseline import baseline_scores
from services.cli.demo.kept_model import KeptModel
from services.cli.demo.ledger import Outcomes
from services.cli.demo.order import DemoOrder
from services.cli.demo.quality import (
    MEASURES,
    OF_DECISIONS,
    Difference,
    Period,
    Scored,
    by_period,
    deciles,
    measured,
    paired_difference,
    weeks,
)
from services.cli.domain.moment import iso
from services.contracts.baseline import BASELINE
from services.contracts.pipeline import Pipeline

_LATE = slice(2, 10)
"""Deciles 3 to 10: those that the first fifth of a stream, where a model is first learnt, doesn't belong to."""


@dataclass
class Summary:
    """The end of a demo. problems: what keeps the loop from being closed; empty if it closed."""

    pipeline: str
    measure: str
    events: int
    answered: int
    quarantined: dict[str, int]
    outcomes: dict[str, int]
    alerts: int
    released: list[str]
    refused: list[str]
    runs: dict[str, int]
    moves: list[dict[str, Any]]
    timings: list[dict[str, Any]]
    seconds: float
    first_answer_seconds: float | None
    memory_mb: dict[str, int]
    first_model: str | None = None
    periods: list[dict[str, Any]] = field(default_factory=list)
    late_deciles: dict[str, float] = field(default_factory=dict)
    difference: Difference | None = None
    rescoring_error: float | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether the loop closed."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """For programs; times in ISO 8601."""
        return {"closed": self.closed, **asdict(self)}


def summarise(
    account: Account, pipeline: Pipeline, order: DemoOrder, first: KeptModel | None, seconds: float
) -> Summary:
    """Compute the summary. first: the first released model, if there was one."""
    ledger, story = account.ledger, account.story
    summary = Summary(
        pipeline=pipeline.name,
        measure=account.measure,
        events=ledger.events,
        answered=len(ledger.answered),
        quarantined=dict(ledger.quarantined),
        outcomes=dict(ledger.statuses),
        alerts=len(story.alerts),
        released=story.released,
        refused=story.refused,
        runs=dict(Counter(story.runs.values())),
        moves=story.moves,
        timings=story.timings,
        seconds=round(seconds, 1),
        first_answer_seconds=round(account.first_answer, 1) if account.first_answer is not None else None,
        memory_mb=account.memory,
    )
    if first is not None:
        _compare(summary, ledger.outcomes(), pipeline, first)
    summary.problems = _problems(summary, account, order)
    return summary


def _compare(summary: Summary, outcomes: Outcomes, pipeline: Pipeline, first: KeptModel) -> None:
    summary.first_model = first.version
    measure, decided = MEASURES[summary.measure], summary.measure in OF_DECISIONS
    again = first.scores(outcomes)
    learnt = outcomes.models != BASELINE
    own = outcomes.models == first.version
    if own.any():
        summary.rescoring_error = float(np.abs(again - outcomes.scores)[own].max())
    served = outcomes.decisions if decided else outcomes.scores
    scores = (again >= first.threshold).astype(np.float64) if decided and first.threshold is not None else again
    scored = Scored(outcomes.times, outcomes.labels, served, np.where(learnt, scores, served))
    bounds = weeks(outcomes.times) if summary.measure == "average_precision" else deciles(outcomes.times)
    ruled = baseline_scores(pipeline, outcomes)
    summary.periods = [
        _shown(period, outcomes, ruled, summary.measure) for period in by_period(scored, bounds, measure)
    ]
    if learnt.any():
        summary.difference = paired_difference(scored.rows(learnt), measure)
    if len(summary.periods) == 10:
        summary.late_deciles = _late_deciles(scored, ruled, bounds, summary.measure)


def _shown(period: Period, outcomes: Outcomes, ruled: NDArray[np.float64], name: str) -> dict[str, Any]:
    rows = (outcomes.times >= period.start) & (outcomes.times < period.end)
    return {
        "from": iso(period.start),
        "to": iso(period.end),
        "rows": period.rows,
        "positives": period.positives,
        "loop": period.loop,
        "first_model_kept": period.kept,
        "baseline": measured(MEASURES[name], outcomes.labels[rows], ruled[rows]),
        "models": sorted(set(outcomes.models[rows].tolist())),
    }


def _late_deciles(
    scored: Scored, ruled: NDArray[np.float64], bounds: list[tuple[int, int]], name: str
) -> dict[str, float]:
    chosen = bounds[_LATE]
    rows = (scored.times >= chosen[0][0]) & (scored.times < chosen[-1][1])
    part, measure = scored.rows(rows), MEASURES[name]
    return {
        "loop": measured(measure, part.labels, part.loop),
        "first_model_kept": measured(measure, part.labels, part.kept),
        "baseline": measured(measure, part.labels, ruled[rows]),
    }


def _problems(summary: Summary, account: Account, order: DemoOrder) -> list[str]:
    """What a closed loop would have shown and this one hasn't."""
    story = account.story
    problems = []
    if not account.ledger.answered_once():
        problems.append("not every accepted event has exactly one answer")
    if account.ledger.failed:
        problems.append(f"{account.ledger.failed} answers have status failed")
    if not story.released:
        return [*problems, "no model was released"]
    later = story.released[1:]
    if order.drifts and not set(later) & set(story.alerted):
        problems.append("no model was released after a drift alert")
    if order.drifts or order.data is not None:
        if not later:
            problems.append("no model was released after the first")
        if summary.difference is None or not summary.difference.is_better(summary.measure):
            problems.append("the loop is not better than the first model kept")
    return problems
