"""Fills in every default that depends on something else, so that a pipeline says all that it means."""

from services.contracts.pipeline.context import field_kinds
from services.contracts.pipeline.definition import windows_of
from services.contracts.pipeline.entity import Entity
from services.contracts.pipeline.evaluate import MIN_POSITIVES, Criterion, Evaluate
from services.contracts.pipeline.event import Event, EventField
from services.contracts.pipeline.features import Feature, Features
from services.contracts.pipeline.input_check import Columns
from services.contracts.pipeline.label import Label
from services.contracts.pipeline.metric import RARE
from services.contracts.pipeline.model import Model
from services.contracts.pipeline.record_schema import RecordSchema
from services.contracts.pipeline.retrain import Retrain, Wait
from services.contracts.pipeline.specification import Specification
from services.contracts.pipeline.units import Duration


def complete(specification: Specification, event: RecordSchema, columns: Columns) -> Specification:
    """The specification with nothing left open; completing it again changes nothing."""
    model = _model(specification, columns)
    return specification.model_copy(
        update={
            "entities": _entities(specification),
            "event": _event(specification, event),
            "label": _label(specification),
            "features": _features(specification),
            "model": model,
            "evaluate": _evaluate(specification.evaluate, model),
            "retrain": _retrain(specification.retrain),
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


def _label(specification: Specification) -> Label:
    label = specification.label
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
    rare = specification.label.target.prior < RARE
    optimise = specification.model.optimise or ("average_precision" if rare else "roc_auc")
    return specification.model.model_copy(update={**columns._asdict(), "optimise": optimise})


def _evaluate(evaluate: Evaluate, model: Model) -> Evaluate:
    split = evaluate.split.model_copy(update={"validation": evaluate.split.validation or evaluate.split.holdout})
    accept = evaluate.accept
    if accept is None and model.optimise is not None:
        accept = (Criterion(metric=model.optimise, above=("baseline", "champion")),)
    return evaluate.model_copy(update={"split": split, "accept": tuple(map(_criterion, accept or ()))})


def _criterion(criterion: Criterion) -> Criterion:
    if criterion.by is None:
        return criterion
    return criterion.model_copy(update={"min_positives": criterion.min_positives or MIN_POSITIVES})


def _retrain(retrain: Retrain) -> Retrain:
    when = tuple(
        trigger.model_copy(update={"wait": trigger.wait or Wait()}) if trigger.alert else trigger
        for trigger in retrain.when
    )
    return retrain.model_copy(update={"when": when})
