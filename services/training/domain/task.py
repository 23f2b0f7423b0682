"""What a pipeline file asks of a run."""

from dataclasses import replace

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import MIN_HOLDOUT, MIN_POSITIVES, Criterion, asked_of_policy
from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION
from services.contracts.pipeline.metric import DISPARITIES, LATENCY
from services.contracts.pipeline.model import Decay
from services.contracts.pipeline.units import Duration
from services.training.domain.evaluation import Task
from services.training.domain.learner import Configuration
from services.training.domain.measurement import Wanted
from services.training.domain.policy_choice import PolicyTask
from services.training.domain.search import Search, Space
from services.training.domain.split import SplitRule
from services.training.domain.window import EVERYTHING, Window

_ALWAYS = {
    BINARY.kind: ("accuracy", "roc_auc", "average_precision"),
    REGRESSION.kind: ("mae", "rmse", "r2"),
    MULTICLASS.kind: ("accuracy", "balanced_accuracy", "log_loss", "macro_f1"),
    ANOMALY.kind: ("average_precision", "roc_auc", "recall", "alert_rate"),
}
_OF_GROUPS = {
    BINARY.kind: ("precision", "recall", "calibration_error"),
    REGRESSION.kind: ("mae",),
    MULTICLASS.kind: ("accuracy",),
    ANOMALY.kind: ("recall", "alert_rate"),
}
_BETWEEN_GROUPS = tuple(sorted(DISPARITIES))
"""Measured for the record, whatever the criteria ask; of groups, and, of classes, between those that a model must be
fair to."""


def task_of(
    pipeline: Pipeline,
    known_before: int,
    seed: int,
    change_point: int | None = None,
    first: tuple[Configuration, ...] = (),
) -> Task:
    """The task of a run whose rows are those known before a time; a change that it answers to; both in microseconds.

    first: what a search begins with.
    """
    split, optimise = pipeline.evaluate.split, pipeline.model.optimise
    accept = [asked for asked in pipeline.evaluate.accept or () if asked.metric != LATENCY]
    assert optimise is not None
    learnt = pipeline.label.target.task
    wanted = [_wanted(asked) for asked in accept]
    day, confidence = (int(accept[0].blocks), accept[0].confidence) if accept else (int(pipeline.monitor.window), 0.95)
    always = (*_ALWAYS[learnt.kind], *(() if pipeline.model.cost is None else ("cost",)))
    wanted += [Wanted(metric, confidence, day) for metric in dict.fromkeys((optimise, *always))]
    for name in pipeline.event.groups:
        is_fair = learnt.counts_positives and pipeline.event.fields[name].role == "fairness"
        metrics = dict.fromkeys((optimise, *_OF_GROUPS[learnt.kind], *(_BETWEEN_GROUPS if is_fair else ())))
        fewest = MIN_POSITIVES if learnt.has_classes else None
        wanted += [Wanted(metric, confidence, day, name, fewest) for metric in metrics]
    rule = replace(_rule(pipeline), changed=change_point if "since_change" in pipeline.model.history.choices else None)
    space, earlier = _space(pipeline, seed, change_point, first), pipeline.evaluate.backtest or 0
    until = _until(pipeline, known_before)
    return Task(space, _once(wanted), rule, split.refit, until, earlier, pipeline.model.interval)


def _until(pipeline: Pipeline, known_before: int) -> int:
    """When the rows of a run end: no later than a clean time does."""
    clean = pipeline.model.clean
    return known_before if clean is None or clean.to is None else min(known_before, clean.to)


def policy_task_of(pipeline: Pipeline, seed: int) -> PolicyTask:
    """The task of a run that only chooses a decision policy."""
    model, accept = pipeline.model, asked_of_policy(pipeline.evaluate.accept, pipeline.model.decided_by)
    assert model.optimise is not None
    wanted = [_wanted(asked) for asked in accept]
    first = wanted[0] if wanted else Wanted(model.decided_by, 0.95, int(pipeline.monitor.window))
    wanted += [replace(first, metric=metric) for metric in (model.decided_by, "calibration_error")]
    at_most = None if model.decide is None else model.decide.at_most
    return PolicyTask(model.optimise, model.decided_by, _once(wanted), _rule(pipeline), seed, at_most)


def _rule(pipeline: Pipeline) -> SplitRule:
    split = pipeline.evaluate.split
    holdout, apart, fewest = int(split.holdout), split.by is not None, split.min_positives or MIN_HOLDOUT
    return SplitRule(holdout, int(split.validation or holdout), split.min_rows, fewest, apart)


def _wanted(asked: Criterion) -> Wanted:
    """What the model must be measured by for a criterion."""
    by, compared = asked.by or "", bool(asked.by and asked.rivals)
    return Wanted(asked.metric, asked.confidence, int(asked.blocks), by, asked.min_positives, compared)


def _once(wanted: list[Wanted]) -> tuple[Wanted, ...]:
    """Each measure once: one that is compared with others is measured by itself too."""
    return tuple(dict.fromkeys(one for one in wanted if one.compared or replace(one, compared=True) not in wanted))


def _space(pipeline: Pipeline, seed: int, change_point: int | None, first: tuple[Configuration, ...]) -> Space:
    model = pipeline.model
    asked, keep = model.search, "all" if model.imbalance is None else model.imbalance.keep_negatives
    assert model.optimise is not None
    assert model.learners is not None
    return Space(
        families=model.families,
        windows=tuple(dict.fromkeys(_window(choice, change_point) for choice in model.history.choices)),
        optimise=model.optimise,
        keep_negatives=None if keep == "all" else keep,
        calibrate=model.calibrate is not None,
        rare_below=_rare_below(pipeline),
        seed=seed,
        search=None if asked is None else Search(asked.trials, asked.seconds, asked.at_once or 1),
        first=first,
        ensembles=model.ensembles,
        at_most=None if model.decide is None else model.decide.at_most,
        alert_rate=model.alert_rate,
    )


def _rare_below(pipeline: Pipeline) -> tuple[tuple[str, int], ...]:
    resolved, fields = pipeline.resolved, pipeline.event.fields
    said = {name: fields[name].rare_below for name in resolved.categories if name in resolved.inputs if name in fields}
    return tuple((name, least) for name, least in said.items() if least is not None)


def _window(choice: str | Duration | Decay, change_point: int | None) -> Window:
    if isinstance(choice, Decay):
        return Window(f"half_life {choice.half_life}", half_life=int(choice.half_life))
    if isinstance(choice, Duration):
        return Window(str(choice), length=int(choice))
    return EVERYTHING if choice == "all" or change_point is None else Window(choice, since=change_point)
