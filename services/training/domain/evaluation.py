"""One run's learning: choose on the validation, measure on the hold-out, then fit again on all that is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from services.training.domain.backtest import Chosen, Origin, backtest
from services.training.domain.budget import Budget
from services.training.domain.cohort import Floats, Rows, tally
from services.training.domain.conformal import half_width
from services.training.domain.decision import alert_threshold, undecided
from services.training.domain.ensemble import Learnt, fit
from services.training.domain.error_regions import Region, error_regions
from services.training.domain.importance import Importance, importance
from services.training.domain.interval import Answers
from services.training.domain.leakage import Leak, leaks
from services.training.domain.measurement import Champion, Measured, Wanted, measure
from services.training.domain.prior import alone
from services.training.domain.progress import Tell, silent
from services.training.domain.quantiles import Quantiles
from services.training.domain.robustness import Robustness, robustness
from services.training.domain.sample import evenly
from services.training.domain.search import Space, Trial, best, tried
from services.training.domain.split import NotEnough, Positions, Split, SplitRule, comparable, learnable_before, split
from services.training.domain.threads import one_thread
from services.training.domain.window import reaching
from services.training.domain.workers import ALONE, Workers


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is to do. space: what it chooses from, and by what. wanted: what is measured for the gate. refit:
    release the chosen configuration fitted on all rows. known_before: the cut-off of the rows, in microseconds.
    backtest: earlier times at which the chosen configuration is tried, for the record. coverage: of the intervals
    around predicted numbers."""

    space: Space
    wanted: tuple[Wanted, ...]
    rule: SplitRule
    refit: bool
    known_before: int
    backtest: int = 0
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run found.

    evaluated: fitted on what was known before the hold-out, and measured on it. released: what is offered.
    threshold: the score from which it decides positive, NaN if nothing is decided. trained_from, trained_through:
    microseconds; the released model has seen no event from trained_through on. measured: the numbers for the gate.
    importance, robustness: of the evaluated model's inputs, on the hold-out. errors: where it errs most there.
    leakage: inputs that tell the label by themselves. backtest: empty if none was asked for. budget: of positive
    decisions, where there is one. half_width: of the intervals around numbers that it predicts, by the hold-out; None
    if there are none.
    """

    evaluated: Learnt
    released: Learnt
    threshold: float
    trained_from: int
    trained_through: int
    trials: tuple[Trial, ...]
    split: Split
    measured: Measured
    importance: tuple[Importance, ...]
    robustness: tuple[Robustness, ...]
    errors: tuple[Region, ...]
    leakage: tuple[Leak, ...]
    backtest: tuple[Origin, ...] = ()
    budget: Budget | None = None
    half_width: float | None = None


@dataclass(frozen=True, slots=True)
class BaselineSuffices:
    """No learner was better than the baseline, or than the prior, on the hold-out. refused: those left out before,
    whose file scored differently, with the reason."""

    trials: tuple[Trial, ...]
    measured: Measured
    refused: Mapping[str, str] = field(default_factory=dict)


def evaluate(
    rows: Rows, task: Task, baseline: Floats, champion: Champion | None, tell: Tell = silent, workers: Workers = ALONE
) -> Evaluation | BaselineSuffices | NotEnough:
    """Learn from the rows of a cut-off. baseline: its scores [rows], of several classes [rows, classes]. champion: the
    model that answers now, if any.

    Deterministic: the same arguments give the same models and numbers, whoever works on them. Too few rows that neither
    model has seen, a window with one class and the like are results, not errors.
    """
    made = split(rows, task.rule)
    if isinstance(made, NotEnough):
        return made
    if champion is not None and (lacking := _unseen(rows, made, champion, task.rule)):
        return lacking
    train = rows.take(made.train)
    windows = reaching(task.space.windows, train, task.rule)
    if isinstance(windows, NotEnough):
        return windows
    with one_thread():
        validation = rows.take(rows.standing(made.validation))
        trials = tried(train, validation, replace(task.space, windows=windows), tell, workers)
        return _evaluated(rows, made, task, trials, Answers(baseline, undecided(rows.task)), champion, tell, workers)


def _evaluated(
    rows: Rows,
    made: Split,
    task: Task,
    trials: tuple[Trial, ...],
    baseline: Answers,
    champion: Champion | None,
    tell: Tell,
    workers: Workers,
) -> Evaluation | BaselineSuffices:
    optimise, seed, chosen = task.space.optimise, task.space.seed, best(trials, task.space.optimise)
    configuration, threshold = chosen.configuration, chosen.threshold
    tell(f"measuring {configuration} on the hold-out")
    evaluated = fit(configuration, rows.take(made.development), seed)
    measured_on = rows.standing(made.holdout)
    holdout = rows.take(measured_on)
    answers = Answers(evaluated.scores(holdout.inputs), threshold)
    known = rows.take(rows.standing(made.development))
    rivals = {"baseline": baseline.take(measured_on), "prior": _prior(known, holdout, task.space)}
    if champion is not None:
        champion = _matched(champion.take(measured_on), rows, holdout, made, task, chosen, tell)
    measured = measure(holdout, answers, rivals, champion, task.wanted, seed)
    if any(not measured.is_better(optimise, name) for name in rivals):
        return BaselineSuffices(trials, measured)
    tell("fitting it again on all rows" if task.refit else "looking at what it rests on")
    learnable = rows if len(made.released) == len(rows) else rows.take(made.released)
    released = fit(configuration, learnable, seed) if task.refit else evaluated
    shift = _distance(released.scores(holdout.inputs), answers.score) / evaluated.unit
    through = task.known_before if task.refit else made.holdout_from
    first = configuration.begins(learnable if task.refit else rows.take(made.development))
    chosen_by = next(wanted for wanted in task.wanted if wanted.metric == optimise and not wanted.by)
    if task.backtest:
        tell(f"trying it at {task.backtest} earlier times")
    choice, at_most = Chosen(configuration, threshold, optimise, seed), task.space.at_most
    return Evaluation(
        evaluated=evaluated,
        released=released,
        threshold=threshold,
        trained_from=first,
        trained_through=through,
        trials=trials,
        split=made,
        measured=measured.with_refit(shift),
        importance=importance(evaluated, threshold, holdout, chosen_by, seed),
        robustness=robustness(evaluated, threshold, holdout, optimise),
        errors=error_regions(answers.score, holdout, chosen_by.blocks, chosen_by.confidence, seed),
        leakage=leaks(rows.take(made.development), holdout),
        backtest=backtest(
            learnable, baseline.score[made.released], choice, task.rule, made.holdout_from, task.backtest, workers
        ),
        budget=None if at_most is None else Budget.spent(int((answers.score >= threshold).sum()), holdout, at_most),
        half_width=None if task.coverage is None else half_width(holdout.label, answers.score, task.coverage),
    )


def _matched(
    champion: Champion, rows: Rows, holdout: Rows, made: Split, task: Task, chosen: Trial, tell: Tell
) -> Champion:
    """With whom it is compared on the hold-out. A champion that was trained after that began knows labels that what is
    measured there does not: beside it stands the same configuration, fitted on what was known when it was trained.
    """
    if champion.trained_through <= made.holdout_from:
        return champion
    tell(f"fitting it on what was known when {champion.version} was trained, to compare both")
    known_then = rows.take(learnable_before(rows, champion.trained_through, task.rule))
    peer = fit(chosen.configuration, known_then, task.space.seed)
    return replace(champion, peer=Answers(peer.scores(holdout.inputs), chosen.threshold))


def _prior(known: Rows, holdout: Rows, space: Space) -> Answers:
    """What labels alone tell of the hold-out, or, where there are none, each field alone."""
    if space.alert_rate is None:
        prior = alone(known.label, len(holdout), space.optimise, known.task)
        return Answers(prior, undecided(known.task))
    quantiles = Quantiles.of(known)
    threshold = alert_threshold(known.label, quantiles.scores(known.inputs), space.alert_rate)
    return Answers(quantiles.scores(holdout.inputs), threshold)


def _distance(one: Floats, other: Floats) -> float:
    """Mean distance of scores; of several classes half of all, so that it is at most 1, as of two."""
    apart = np.abs(one - other)
    return float((apart if apart.ndim == 1 else apart.sum(axis=1) / 2).mean())


def _unseen(rows: Rows, made: Split, champion: Champion, rule: SplitRule) -> NotEnough | None:
    """Both are compared only on rows after both were trained; with too few of them the run must wait."""
    fresh = comparable(rows.event_time, made.holdout, champion.trained_through)
    have = min(tally(rows.label[fresh], rows.task).values())
    if have >= rule.min_positives:
        return None
    kind = "rows of the rarer class" if rows.task.classifies else "rows"
    return NotEnough(f"{kind} since the champion was trained", have, rule.min_positives)


def golden_positions(holdout: Positions, count: int = 64) -> Positions:
    """Rows whose scores are signed with the model: at most `count`, evenly spread over the hold-out."""
    return holdout[evenly(len(holdout), count)]
