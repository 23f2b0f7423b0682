"""Fills in every default that depends on something else, so that a pipeline says all that it means."""

from typing import Any

from services.contracts.pipeline.context import field_kinds
from services.contracts.pipeline.definition import windows_of
from services.contracts.pipeline.entity import Entity
from services.contracts.pipeline.evaluate import MIN_HOLDOUT, MIN_POSITIVES, Criterion, Evaluate
from services.contracts.pipeline.event import Event, EventField
from services.contracts.pipeline.features import Feature, Features
from services.contracts.pipeline.input_check import Columns
from services.contracts.pipeline.label import Label, Target
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.pipeline.metric import ALERT_RATE, COVERAGE, RARE, TOO_MANY, Metric
from services.contracts.pipeline.model import Decide, Model
from services.contracts.pipeline.record_schema import RecordSchema
from services.contracts.pipeline.retrain import WHEN_BY_ROWS, WHEN_UNLABELLED, Retrain, Wait
from services.contracts.pipeline.specification import Specification
from services.contracts.pipeline.units import Duration, Percent


def complete(specification: Specification, event: RecordSchema, columns: Columns) -> Specification:
    """The specification with nothing left open; completing it again changes nothing."""
    model = _model(specification, columns)
    return specification.model_copy(
        update={
            "entities": _entities(specification),
            "event": _event(specification, event),
            "declared_label": _label(specification),
            "features": _features(specification),
            "model": model,
            "evaluate": _evaluate(specification.evaluate, model, specification.label.target.task),
            "retrain": _retrain(specification.retrain, specification.label.target.task),
        }
    )


def _entities(specification: Specification) -> dict[str, Entity]:
    first = specification.chain[0][0]
    return {
        name: entity.model_copy(update={"primary": name == first}) for name, entity in specification.entities.items()
    }


def _event(specification: Specification, schema: RecordSchema) -> Event:
    given = specification.event.fields
    kinds = field_kinds(specification, schema)
    fields = {}
    for name, avro in schema.fields.items():
        field = given.get(name, EventField())
        nullable = avro.nullable if field.nullable is None else field.nullable
        fields[name] = field.model_copy(update={"kind": kinds[name], "nullable": nullable})
    return specification.event.model_copy(update={"fields": fields})


def _label(specification: Specification) -> Label | None:
    label = specification.declared_label
    if label is None:
        return None
    maturity = label.known.maturity or Duration.of(2 * label.known.expected_after)
    known = label.known.model_copy(update={"maturity": maturity})
    return label.model_copy(update={"id": label.id or specification.event.id, "known": known})


def _features(specification: Specification) -> Features:
    section = specification.features
    entities = {
        entity: {name: _feature(specification, feature) for name, feature in features.items()}
        for entity, features in section.entities.items()
    }
    return Features.model_validate({"default": section.default, "row": section.row, **entities})


def _feature(specification: Specification, feature: Feature) -> Feature:
    of_labels = feature.of == "labels"
    return feature.model_copy(
        update={
            "windows": windows_of(specification, feature) or None,
            "current_event": "excluded"
            if of_labels
            else feature.current_event or specification.features.default.current_event,
            "by": (feature.by or specification.label.known.time) if of_labels else None,
        }
    )


def _model(specification: Specification, columns: Columns) -> Model:
    model, target = specification.model, specification.label.target
    found = {**columns._asdict(), "optimise": model.optimise or _measure(target)}
    found["learners"] = model.learners or target.task.learners_by_default
    if not target.task.counts_positives:
        found |= {"imbalance": None}
    if not target.task.labelled:
        found |= {"decide": model.decide or Decide(alert_rate=Percent.read(ALERT_RATE))}
    elif not target.task.classifies:
        found |= {"interval": model.interval or COVERAGE}
    return model.model_copy(update=found)


def _measure(target: Target) -> Metric:
    if target.task.several:
        return "log_loss"
    if not target.task.has_classes:
        return "mae"
    return "average_precision" if target.prior < RARE else "roc_auc"


def _evaluate(evaluate: Evaluate, model: Model, task: LearningTask) -> Evaluate:
    found: dict[str, Any] = {"validation": evaluate.split.validation or evaluate.split.holdout}
    found["min_positives"] = (evaluate.split.min_positives or MIN_HOLDOUT) if task.classifies else None
    split = evaluate.split.model_copy(update=found)
    accept = evaluate.accept
    if accept is None and model.optimise is not None:
        accept = (Criterion(metric=model.optimise, above=("baseline", "champion")), *_quiet(model))
    return evaluate.model_copy(update={"split": split, "accept": tuple(_criterion(one, task) for one in accept or ())})


def _quiet(model: Model) -> tuple[Criterion, ...]:
    """That few clean events are flagged, where a share of them was allowed."""
    rate = model.alert_rate
    return () if rate is None else (Criterion(metric="alert_rate", at_most=min(1.0, TOO_MANY * rate)),)


def _criterion(criterion: Criterion, task: LearningTask) -> Criterion:
    if criterion.by is None or not task.has_classes:
        return criterion
    return criterion.model_copy(update={"min_positives": criterion.min_positives or MIN_POSITIVES})


def _retrain(retrain: Retrain, task: LearningTask) -> Retrain:
    if not task.counts_positives:
        usual = WHEN_BY_ROWS if task.labelled else WHEN_UNLABELLED
        when = retrain.when if "when" in retrain.model_fields_set else usual
        return retrain.model_copy(update={"when": tuple(trigger.by_rows() for trigger in when)})
    when = tuple(
        trigger.model_copy(update={"wait": trigger.wait or Wait()}) if trigger.waits else trigger
        for trigger in retrain.when
    )
    return retrain.model_copy(update={"when": when})
