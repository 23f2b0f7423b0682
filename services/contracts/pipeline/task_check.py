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


class _OfTwo(NamedTuple):
    """Where something is said that several classes don't have, why not, and what to do instead."""

    loc: Loc
    message: str
    hint: str


def check_task(context: Context) -> None:
    """Report measures and learners of another kind of task, and what only other kinds have."""
    _check_names(context)
    _check_kind(context)


def _check_names(context: Context) -> None:
    specification, task = context.specification, context.specification.label.target.task
    for loc, metric, known in _metrics(specification):
        if metric not in known:
            context.report.add(loc, f"{metric} doesn't measure {task.kind}", f"one of {', '.join(sorted(known))}")
    for loc, family in _families(specification):
        if family not in task.learners:
            context.report.add(loc, f"{family} doesn't learn {task.kind}", f"one of {', '.join(task.learners)}")


def _check_kind(context: Context) -> None:
    specification, task = context.specification, context.specification.label.target.task
    if task.several:
        for one in _of_two(specification):
            context.report.add(one.loc, one.message, hint=one.hint, key=True)
    elif not task.has_classes:
        for said in _of_classes(specification):
            context.report.add(said.loc, f"{task.kind} has no classes", hint=said.hint, key=True)
    if (task.classifies or not task.labelled) and specification.model.interval is not None:
        score = "is a probability" if task.labelled else "tells how unusual an event is"
        hint = f"leave it out: the score {score}"
        context.report.add(("model", "interval"), f"{task.kind} predicts no number", hint=hint, key=True)


def _metrics(specification: Specification) -> Iterator[tuple[Loc, str, frozenset[str]]]:
    """Each measure that is named, and those that may be there."""
    task = specification.label.target.task
    if specification.model.optimise is not None:
        yield ("model", "optimise"), specification.model.optimise, task.metrics
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        yield ("evaluate", "accept", index, "metric"), criterion.metric, task.metrics | {LATENCY}
    for index, floor in enumerate(specification.monitor.floors if task.labelled else ()):
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
    yield from _criteria(specification)
    yield from _waited_for(specification)


def _of_two(specification: Specification) -> Iterator[_OfTwo]:
    """What needs one class that is positive, a number, or one score."""
    model, label = specification.model, specification.label
    thinned = "imbalance" in model.model_fields_set and model.imbalance is not None
    positive = "multiclass has no positive class"
    learnt = "leave it out: classes are equally probable until their shares are learnt; the first is decided"
    table: tuple[tuple[bool, Loc, str, str], ...] = (
        (label.target.positive is not None, ("label", "target", "positive"), positive, "leave it out: 'classes' tells"),
        (label.target.prior != 0, ("label", "target", "prior"), "multiclass has no prior", learnt),
        (label.known.silence == "negative", ("label", "known", "silence"), positive, "write 'silence: missing'"),
        (label.rule is not None, ("label", "rule"), positive, "send labels: a rule tells of two classes only"),
        (model.calibrate is not None, ("model", "calibrate"), positive, "leave it out: a sigmoid is of one class"),
        (model.decide is not None, ("model", "decide"), positive, "leave it out: the most probable class is decided"),
        (thinned, ("model", "imbalance"), positive, "leave it out, and optimise balanced_accuracy or macro_f1"),
        (model.baseline.kind != "prior", ("model", "baseline"), "multiclass knows the prior only", "write 'prior'"),
        (
            specification.monitor.explain is not None,
            ("monitor", "explain"),
            "answers of multiclass have no one score to explain",
            "leave it out",
        ),
    )
    yield from (_OfTwo(loc, message, hint) for is_said, loc, message, hint in table if is_said)
    counted = (*_criteria(specification), *_waited_for(specification))
    yield from (_OfTwo(loc, positive, hint) for loc, hint in counted)


def _criteria(specification: Specification) -> Iterator[_OfClasses]:
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        if criterion.min_positives is not None:
            hint = "leave it out: groups of 20 rows are judged"
            yield _OfClasses(("evaluate", "accept", index, "min_positives"), hint)


def _waited_for(specification: Specification) -> Iterator[_OfClasses]:
    several = specification.label.target.task.several
    decided = "the most probable class is decided" if several else "nothing is decided of a number"
    for index, trigger in enumerate(specification.retrain.when):
        wait, labels = trigger.wait, trigger.labels
        if wait is not None and "positives" in wait.model_fields_set and wait.positives is not None:
            yield _OfClasses(("retrain", "when", index, "wait", "positives"), _BY_ROWS)
        if labels is not None and labels.positives is not None and "when" in specification.retrain.model_fields_set:
            yield _OfClasses(("retrain", "when", index, "labels", "positives"), _BY_ROWS)
        if trigger.policy is not None:
            yield _OfClasses(("retrain", "when", index, "policy"), f"leave it out: {decided}")
