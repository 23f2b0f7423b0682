"""Checks what the file says where events have no labels, and what only such a file may say."""

from collections.abc import Iterator
from typing import NamedTuple

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.specification import Specification


class _Needless(NamedTuple):
    """Where something is said that makes no sense, why not, and what to do instead."""

    loc: Loc
    message: str
    hint: str


_NO_LABELS = "there are no labels"
_OUT = "leave it out"


def check_anomaly(context: Context) -> None:
    """Report a file that has neither labels nor a clean time, or both, and what is of one of these only."""
    specification, report = context.specification, context.report
    is_labelled, model = specification.declared_label is not None, specification.model
    if not is_labelled and model.task is None:
        hint = "or, where events have none, write 'task: anomaly' and 'clean: {from: …, to: …}' below model"
        report.add(("label",), "is required", hint=hint, key=True)
    elif not is_labelled and model.clean is None and not _is_told(context):
        hint = "write 'clean: {from: 2026-03-01, to: 2026-03-15}', a time whose events were usual"
        report.add(("model", "clean"), "is required where there are no labels", hint=hint, key=True)
    if not is_labelled and model.task is not None:
        for one in (*_of_labels(specification), *_of_runs(specification)):
            report.add(one.loc, one.message, hint=one.hint, key=True)
    elif is_labelled:
        for one in _of_anomalies(specification):
            report.add(one.loc, one.message, hint=one.hint, key=True)


def _is_told(context: Context) -> bool:
    """Whether there is a mistake in the clean time."""
    return any(mistake.path.startswith("model.clean") for mistake in context.report.mistakes)


def _of_anomalies(specification: Specification) -> Iterator[_Needless]:
    model = specification.model
    if model.task is not None:
        kinds = "leave 'label' out, or 'task': what labels say is learnt as label.target.kind has it"
        yield _Needless(("model", "task"), "anomaly learns without labels, and there are some", kinds)
    elif model.clean is not None:
        yield _Needless(("model", "clean"), "only 'task: anomaly' learns from a clean time", _OUT)
    if model.decide is not None and model.decide.alert_rate is not None and model.task is None:
        loc: Loc = ("model", "decide", "alert_rate")
        yield _Needless(loc, "only 'task: anomaly' has an alert rate", "limit decisions by 'at_most: 200/day'")


def _of_labels(specification: Specification) -> Iterator[_Needless]:
    """What needs labels."""
    model, decide = specification.model, specification.model.decide
    is_thinned = "imbalance" in model.model_fields_set and model.imbalance is not None
    rate = "write 'alert_rate: 1%', the share of clean events that may be flagged"
    by_rows = "rows of the clean time count: 'min_rows'"
    table: tuple[tuple[bool, Loc, str], ...] = (
        (model.calibrate is not None, ("model", "calibrate"), "leave it out: scores are no probabilities"),
        (is_thinned, ("model", "imbalance"), _OUT),
        (decide is not None and decide.cost is not None, ("model", "decide", "cost"), rate),
        (decide is not None and decide.at_most is not None, ("model", "decide", "at_most"), rate),
        (bool(model.estimators), ("model", "learners"), "leave 'estimator' out: isolation_forest learns without any"),
        (specification.release.confirm is not None, ("release", "confirm"), "leave it out: guards watch the release"),
        (bool(specification.monitor.floors), ("monitor", "floors"), "leave it out: scores and fields are watched"),
        (specification.monitor.yardsticks, ("monitor", "yardsticks"), "leave it out: nothing could be learnt"),
    )
    yield from (_Needless(loc, _NO_LABELS, hint) for is_said, loc, hint in table if is_said)
    if model.optimise == "alert_rate":
        yield _Needless(("model", "optimise"), "decide.alert_rate sets how many are flagged", "average_precision ranks")
    split = specification.evaluate.split
    if "min_positives" in split.model_fields_set and split.min_positives is not None:
        yield _Needless(("evaluate", "split", "min_positives"), _NO_LABELS, by_rows)
    if specification.evaluate.backtest is not None:
        yield _Needless(("evaluate", "backtest"), "anomalies are injected into the hold-out only", _OUT)
    for entity, features in specification.features.entities.items():
        for name, feature in features.items():
            if feature.of == "labels":
                loc: Loc = ("features", entity, name, "of")
                yield _Needless(loc, _NO_LABELS, "leave it out: features are of events")


def _of_runs(specification: Specification) -> Iterator[_Needless]:
    """Triggers that wait for labels."""
    for index, trigger in enumerate(specification.retrain.when):
        loc: Loc = ("retrain", "when", index)
        if "when" not in specification.retrain.model_fields_set:
            return
        if trigger.labels is not None:
            yield _Needless((*loc, "labels"), _NO_LABELS, "write 'every: 7d', or 'changed: model'")
        if trigger.policy is not None:
            yield _Needless((*loc, "policy"), _NO_LABELS, "leave it out: a policy is chosen by labels")
        if trigger.alert is not None and not {"quality", "yardstick"}.isdisjoint(trigger.alert):
            yield _Needless((*loc, "alert"), _NO_LABELS, "write 'alert: scores' or 'alert: inputs'")
        if trigger.wait is not None and "positives" in trigger.wait.model_fields_set and trigger.wait.positives:
            yield _Needless((*loc, "wait", "positives"), _NO_LABELS, "count rows: 'rows'")
