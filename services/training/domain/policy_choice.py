"""A decision policy chosen anew for a model that answers, on rows that it hasn't seen; the newest of them measure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.contracts.pipeline.metric import Metric
from services.contracts.pipeline.units import Rate
from services.training.domain.budget import Budget, allowance
from services.training.domain.cohort import Floats, Rows
from services.training.domain.decision import decision_threshold, undecided
from services.training.domain.interval import Answers
from services.training.domain.measurement import CHAMPION, Champion, Measured, Wanted, measure
from services.training.domain.prior import prior
from services.training.domain.split import NotEnough, SplitRule, newest


@dataclass(frozen=True, slots=True)
class PolicyTask:
    """What a run is to choose. optimise, at_most: by which it chooses, see `decision_threshold`. measure: by which the
    policy is to be better than the one before it. wanted: what is measured for the gate."""

    optimise: str
    measure: Metric
    wanted: tuple[Wanted, ...]
    rule: SplitRule
    seed: int
    at_most: Rate | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget of positive decisions. allowed: by it, in a period; decided, before: on the hold-out in the mean of such
    a period, by the policy and by the one before it; None where the rows are of one time."""

    at_most: str
    allowed: float
    decided: float | None
    before: float | None

    @property
    def is_nearer(self) -> bool:
        """Whether the one before breaks it, and this one less."""
        return self.decided is not None and self.before is not None and max(self.allowed, self.decided) < self.before

    def to_dict(self) -> dict[str, Any]:
        """As policies hold it."""
        return {name: getattr(self, name) for name in ("at_most", "allowed", "decided", "before")}


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """threshold: the score from which is decided positive. chosen_from, chosen_through: event times in microseconds of
    the rows that chose. measured: beside the policy before it, as `champion`. budget: None where there is none."""

    threshold: float
    chosen_from: int
    chosen_through: int
    measured: Measured
    budget: Spent | None = None

    def is_better(self, metric: str) -> bool:
        """Than the policy before it, chance not considered."""
        nearer = self.budget is not None and self.budget.is_nearer
        return nearer or self.measured.is_better(metric, CHAMPION)

    def to_dict(self) -> Mapping[str, Any]:
        """As policies and the reports of runs hold it."""
        said = {"threshold": self.threshold, "chosen_from": self.chosen_from, "chosen_through": self.chosen_through}
        budget = {} if self.budget is None else {"budget": self.budget.to_dict()}
        return said | {"measured": self.measured.to_dict()} | budget


def choose_policy(rows: Rows, baseline: Floats, present: Champion, task: PolicyTask) -> PolicyChoice | NotEnough:
    """The policy of the newest rows for a model's scores. baseline: its scores [rows]. present: the model, with its
    scores of the rows and the policy that decides now. Deterministic."""
    parts = newest(rows, task.rule, present.trained_through)
    if isinstance(parts, NotEnough):
        return parts
    choosing, held_out = (rows.standing(part) for part in parts)
    chosen_on, holdout, scores = rows.take(choosing), rows.take(held_out), present.answers.score
    most = math.inf if task.at_most is None else allowance(chosen_on, task.at_most)
    threshold = decision_threshold(task.optimise, chosen_on.label, scores[choosing], chosen_on.costs, most)
    answers = Answers(scores[held_out], threshold)
    alone = np.full(len(holdout), prior(chosen_on.label, task.optimise))
    even = undecided(rows.task)
    rivals = {"baseline": Answers(baseline[held_out], even), "prior": Answers(alone, even)}
    now = present.take(held_out)
    return PolicyChoice(
        threshold=threshold,
        chosen_from=int(chosen_on.event_time[0]),
        chosen_through=int(chosen_on.event_time[-1]),
        measured=measure(holdout, answers, rivals, now, task.wanted, task.seed),
        budget=None if task.at_most is None else _spent(answers, now.answers, holdout, task.at_most),
    )


def _spent(answers: Answers, before: Answers, holdout: Rows, rate: Rate) -> Spent:
    its, theirs = (
        Budget.spent(int((one.score >= one.threshold).sum()), holdout, rate).decided for one in (answers, before)
    )
    return Spent(str(rate), rate.count, its, theirs)
