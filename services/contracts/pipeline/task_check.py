"""Checks what the file says of learning against the kind of its target."""

from collections.abc import Iterator
from typing import NamedTuple

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.metric import LATENCY
from services.contracts.pipeline.specification import Specification

_BY_ROWS = "count rows: 'rows'"


class _OfClasses(NamedTuple):
    """Where something is said that only classes have, and what to do instead."""

    loc: Loc
    hint: str


def check_task(context: Context) -> None:
    """Report measures and learners of another kind of task, and what only classes have."""
    specification, task = context.specification, context.specification.label.target.task
    for loc, metric, known in _metrics(specification):
        if metric not in known:
            context.report.add(loc, f"{metric} doesn't measure {task.kind}", f"one of {', '.join(sorted(known))}")
    for loc, family in _families(specification):
        if family not in task.learners:
            context.report.add(loc, f"{family} doesn't learn {task.kind}", f"one of {', '.join(task.learners)}")
    if not task.has_classes:
        for said in _of_classes(specification):
            context.report.add(said.loc, f"{task.kind} has no classes", hint=said.hint, key=True)
    elif specification.model.interval is not None:
        hint = "leave it out: the score is a probability"
        context.report.add(("model", "interval"), f"{task.kind} predicts no number", hint=hint, key=True)


def _metrics(specification: Specification) -> Iterator[tuple[Loc, str, frozenset[str]]]:
    """Each measure that is named, and those that may be there."""
    task = specification.label.target.task
    if specification.model.optimise is not None:
        yield ("model", "optimise"), specification.model.optimise, task.metrics
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        yield ("evaluate", "accept", index, "metric"), criterion.metric, task.metrics | {LATENCY}
    for index, floor in enumerate(specification.monitor.floors):
        yield ("monitor", "floors", index, "metric"), floor.metric, task.live


def _families(specification: Specification) -> Iterator[tuple[Loc, str]]:
    """Each learner that is named, members of ensembles too; not what the user's own functions make."""
    for index, learner in enumerate(specification.model.learners or ()):
        named = (learner,) if isinstance(learner, str) else learner.voting or learner.stacking or ()
        yield from ((("model", "learners", index), family) for family in named)


def _of_classes(specification: Specification) -> Iterator[_OfClasses]:
    model, label, split = specification.model, specification.label, specification.evaluate.split
    thinned = "imbalance" in model.model_fields_set and model.imbalance is not None
    by_class = "min_positives" in split.model_fields_set and split.min_positives is not None
    table: tuple[tuple[bool, Loc, str], ...] = (
        (label.target.positive is not None, ("label", "target", "positive"), "leave it out: the number is predicted"),
        (label.known.silence == "negative", ("label", "known", "silence"), "write 'silence: missing'"),
        (model.calibrate is not None, ("model", "calibrate"), "leave it out: scores are numbers, no probabilities"),
        (model.decide is not None, ("model", "decide"), "leave it out: nothing is decided, the number is the answer"),
        (thinned, ("model", "imbalance"), "leave it out: there are no negatives to thin"),
        (by_class, ("evaluate", "split", "min_positives"), "count rows: 'min_rows'"),
    )
    yield from (_OfClasses(loc, hint) for is_said, loc, hint in table if is_said)
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        if criterion.min_positives is not None:
            hint = "leave it out: groups of 20 rows are judged"
            yield _OfClasses(("evaluate", "accept", index, "min_positives"), hint)
    yield from _waited_for(specification)


def _waited_for(specification: Specification) -> Iterator[_OfClasses]:
    for index, trigger in enumerate(specification.retrain.when):
        wait, labels = trigger.wait, trigger.labels
        if wait is not None and "positives" in wait.model_fields_set and wait.positives is not None:
            yield _OfClasses(("retrain", "when", index, "wait", "positives"), _BY_ROWS)
        if labels is not None and labels.positives is not None and "when" in specification.retrain.model_fields_set:
            yield _OfClasses(("retrain", "when", index, "labels", "positives"), _BY_ROWS)
        if trigger.policy is not None:
            yield _OfClasses(("retrain", "when", index, "policy"), "leave it out: nothing is decided of a number")
