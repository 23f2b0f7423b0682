"""What services read of a pipeline: its fields, columns and schemas, all names resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.expression import Kind, parse
from services.contracts.pipeline.context import field_kinds
from services.contracts.pipeline.definition import (
    FeatureDefinition,
    RowFeature,
    definitions,
    row_features,
    short_digest,
)
from services.contracts.pipeline.label import LABEL_KEY
from services.contracts.pipeline.layout import Layout
from services.contracts.pipeline.record_schema import RecordSchema
from services.contracts.pipeline.specification import Specification
from services.contracts.topics import stage_of


@dataclass(frozen=True)
class ChainEntity:
    """One stage of the computation of features: an entity, its key field in the event, and what is made of its past.

    stage: name of the service's stage, and of the topic that it reads unless it is the first.
    """

    name: str
    field: str
    features: tuple[FeatureDefinition, ...]
    stage: str

    @property
    def reads_labels(self) -> bool:
        """Whether features are made of its labels."""
        return any(definition.source == "labels" for definition in self.features)


@dataclass(frozen=True)
class Resolved:
    """The resolved view.

    entity, entity_field: name and key field of the first entity, which keys the data plane.
    chain: the first entity, then those of the others that have features, in order.
    label_entity_field: the field of a label that has the key of its first entity; None where no field has.
    labels_carry_keys: whether labels name all further entities of the chain themselves.
    event_*, label_*: full Avro name, parsed schema, and field → type (`int`, `long`, `float`, `double`, `boolean`,
    `string`, `enum` or `timestamp`).
    kinds: the kind of every event field, feature and row feature.
    features, row: the columns to compute. functions: the content of features.py, where a row feature calls one of them.
    numbers, categories: what travels to the model, of each type, in order: the layout of a vector. Flags are numbers.
    inputs: those of them that models learn from.
    digests: name → what that event field, feature or row feature means.
    feature_set: names the layout, see `Layout`.
    """

    entity: str
    entity_field: str
    chain: tuple[ChainEntity, ...]
    label_entity_field: str | None
    labels_carry_keys: bool
    event_record_name: str
    label_record_name: str
    event_schema: Mapping[str, Any]
    label_schema: Mapping[str, Any]
    event_types: Mapping[str, str]
    label_types: Mapping[str, str]
    kinds: Mapping[str, Kind]
    features: tuple[FeatureDefinition, ...]
    row: tuple[RowFeature, ...]
    functions: str | None
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    inputs: tuple[str, ...]
    digests: Mapping[str, str]
    layout: Layout

    @property
    def feature_set(self) -> str:
        """Names the layout of a vector, and what its columns mean."""
        return self.layout.feature_set

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that compute features, in order."""
        return tuple(entity.stage for entity in self.chain)

    def set_before(self, place: int) -> str:
        """Names the features that travel to the stage of `chain[place]`: of all entities before it, in order."""
        names = [one.name for entity in self.chain[:place] for one in entity.features]
        return short_digest([[name, self.digests[name]] for name in names])


def resolve(
    specification: Specification, event: RecordSchema, label: RecordSchema, functions: str | None = None
) -> Resolved:
    """The resolved view of a completed specification."""
    features, row = definitions(specification), row_features(specification)
    chain = _chain(specification, features)
    kinds = field_kinds(specification, event) | _number_kinds(
        [*(one.name for one in features), *(name for one in row for name in one.columns)]
    )
    inputs = specification.model.inputs
    columns = (*inputs, *specification.model.served)
    numbers = tuple(name for name in columns if kinds[name] != "category")
    categories = tuple(name for name in columns if kinds[name] == "category")
    digests = _digests(specification, kinds, chain)
    digests |= _row_digests(digests, row, functions)
    return Resolved(
        entity=chain[0].name,
        entity_field=chain[0].field,
        chain=chain,
        label_entity_field={None: chain[0].field, LABEL_KEY: LABEL_KEY}.get(specification.label.join),
        labels_carry_keys=all(one.field in label.fields for one in chain[1:]),
        event_record_name=event.name,
        label_record_name=label.name,
        event_schema=event.schema,
        label_schema=label.schema,
        event_types={name: field.type for name, field in event.fields.items()},
        label_types={name: field.type for name, field in label.fields.items()},
        kinds=kinds,
        features=features,
        row=row,
        functions=functions,
        numbers=numbers,
        categories=categories,
        inputs=inputs,
        digests=digests,
        layout=Layout(numbers, categories, {name: digests[name] for name in columns}),
    )


def _chain(specification: Specification, features: tuple[FeatureDefinition, ...]) -> tuple[ChainEntity, ...]:
    first, *others = (
        ChainEntity(
            name, entity.key, tuple(one for one in features if one.entity == name), stage_of(name if place else "")
        )
        for place, (name, entity) in enumerate(specification.chain)
    )
    return first, *(entity for entity in others if entity.features)


def _number_kinds(names: list[str]) -> dict[str, Kind]:
    return dict.fromkeys(names, "number")


def _digests(specification: Specification, kinds: Mapping[str, Kind], chain: tuple[ChainEntity, ...]) -> dict[str, str]:
    digests = {name: short_digest(["event", name, kinds[name]]) for name in specification.event.fields}
    first, *others = chain
    digests |= {one.name: one.digest for one in first.features}
    # the first entity's key is the key of the log; another one is part of what its features mean
    return digests | {
        one.name: short_digest([one.digest, entity.field]) for entity in others for one in entity.features
    }


def _row_digests(columns: Mapping[str, str], row: tuple[RowFeature, ...], functions: str | None) -> dict[str, str]:
    """A row feature means what the columns it reads mean; a call also what all the code beside its function says."""
    digests = {}
    for feature in row:
        read = [columns[column] for text in feature.expressions for column in parse(text).names]
        for name in feature.columns:
            said: list[object] = ["row", name, *feature.expressions, read]
            if feature.function is not None:
                said = ["row", name, feature.function, list(feature.expressions), read, functions]
            digests[name] = short_digest(said)
    return digests
