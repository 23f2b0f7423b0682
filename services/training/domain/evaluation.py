"""One run's learning: choose on the validation, measure on the hold-out, then fit again on all that is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from services.training.domain.cohort import Floats, Rows
from services.training.domain.decision import EVEN, decision_threshold
from services.training.domain.importance import Importance, importance
from services.training.domain.interval import Answers
from services.training.domain.leakage import Leak, leaks
from services.training.domain.learner import Configuration, Fitted, configurations, fit
from services.training.domain.measurement import Champion, Measured, Wanted, measure
from services.training.domain.metric import LOWER_IS_BETTER, value
from services.training.domain.split import NotEnough, Positions, Split, SplitRule, comparable, split


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is to do. optimise: the metric to choose by. wanted: what is measured for the gate. refit: release the
    chosen configuration fitted on all rows. known_before: the cut-off of the rows, in microseconds. keep_negatives: as
    Configuration has it."""

    families: tuple[str, ...]
    optimise: str
    wanted: tuple[Wanted, ...]
    rule: SplitRule
    refit: bool
    known_before: int
    seed: int
    keep_negatives: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration and its measure on the validation rows."""

    configuration: Configuration
    value: float

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return self.configuration.to_dict() | {"value": self.value if np.isfinite(self.value) else None}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run found.

    evaluated: fitted on what was known before the hold-out, and measured on it. released: what is offered.
    threshold: the score from which it decides positive. trained_from, trained_through: microseconds; the released model
    has seen no event from trained_through on. measured: the numbers for the gate. importance: of the evaluated model's
    inputs, on the hold-out. leakage: inputs that tell the label by themselves.
    """

    evaluated: Fitted
    released: Fitted
    threshold: float
    trained_from: int
    trained_through: int
    trials: tuple[Trial, ...]
    split: Split
    measured: Measured
    importance: tuple[Importance, ...]
    leakage: tuple[Leak, ...]


@dataclass(frozen=True, slots=True)
class BaselineSuffices:
    """No learner was better than the baseline, or than the prior, on the hold-out."""

    trials: tuple[Trial, ...]
    measured: Measured


def evaluate(
    rows: Rows, task: Task, baseline: Floats, champion: Champion | None
) -> Evaluation | BaselineSuffices | NotEnough:
    """Learn from the rows of a cut-off. baseline: its scores [rows]. champion: the model that answers now, if any.

    Deterministic: the same arguments give the same models and numbers. Too few rows that neither model has seen, a
    window with one class and the like are results, not errors.
    """
    made = split(rows, task.rule)
    if isinstance(made, NotEnough):
        return made
    if champion is not None and (lacking := _unseen(rows, made, champion, task.rule)):
        return lacking
    with threadpool_limits(limits=1):
        return _evaluated(rows, made, task, Answers(baseline, EVEN), champion)


def _evaluated(
    rows: Rows, made: Split, task: Task, baseline: Answers, champion: Champion | None
) -> Evaluation | BaselineSuffices:
    trials, threshold = _chosen(rows, made, task)
    configuration = _best(trials, task.optimise).configuration
    evaluated = fit(configuration, rows.take(made.development), task.seed)
    holdout = rows.take(made.holdout)
    answers = Answers(evaluated.scores(holdout.inputs), threshold)
    prior = Answers(np.full(len(holdout), rows.label[made.development].mean()), EVEN)
    rivals = {"baseline": baseline.take(made.holdout), "prior": prior}
    mine = champion.take(made.holdout) if champion else None
    measured = measure(holdout, answers, rivals, mine, task.wanted, task.seed)
    if any(not measured.is_better(task.optimise, name) for name in rivals):
        return BaselineSuffices(trials, measured)
    released = fit(configuration, rows, task.seed) if task.refit else evaluated
    shift = float(np.abs(released.scores(holdout.inputs) - answers.score).mean())
    through = task.known_before if task.refit else made.holdout_from
    first = int(rows.event_time[0])
    chosen_by = next(wanted for wanted in task.wanted if wanted.metric == task.optimise and not wanted.by)
    rests_on = importance(evaluated, threshold, holdout, chosen_by, task.seed)
    shifted = measured.with_refit(shift)
    leakage = leaks(rows.take(made.development), holdout)
    return Evaluation(evaluated, released, threshold, first, through, trials, made, shifted, rests_on, leakage)


def _chosen(rows: Rows, made: Split, task: Task) -> tuple[tuple[Trial, ...], float]:
    """Every configuration's measure on the validation rows, and the best one's decision threshold there."""
    train, validation = rows.take(made.train), rows.take(made.validation)
    trials, thresholds = [], {}
    for configuration in configurations(task.families, task.keep_negatives):
        scores = fit(configuration, train, task.seed).scores(validation.inputs)
        thresholds[configuration] = decision_threshold(task.optimise, validation.label, scores)
        found = value(task.optimise, validation.label, scores, thresholds[configuration])
        trials.append(Trial(configuration, found))
    return tuple(trials), thresholds[_best(tuple(trials), task.optimise).configuration]


def _best(trials: tuple[Trial, ...], metric: str) -> Trial:
    """The first of the best."""
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    return max(trials, key=lambda trial: sign * trial.value if np.isfinite(trial.value) else -np.inf)


def _unseen(rows: Rows, made: Split, champion: Champion, rule: SplitRule) -> NotEnough | None:
    """Both are compared only on rows after both were trained; with too few of them the run must wait."""
    fresh = comparable(rows.event_time, made.holdout, champion.trained_through)
    positives = int(rows.label[fresh].sum())
    have = min(positives, len(fresh) - positives)
    if have >= rule.min_positives:
        return None
    return NotEnough("rows of the rarer class since the champion was trained", have, rule.min_positives)


def golden_positions(holdout: Positions, count: int = 64) -> Positions:
    """Rows whose scores are signed with the model: at most `count`, evenly spread over the hold-out."""
    return holdout[np.unique(np.linspace(0, len(holdout) - 1, min(count, len(holdout))).astype(np.intp))]
