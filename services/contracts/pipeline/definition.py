"""Definitions: the features section written out, one definition a column, each with its own digest."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from services.contracts.pipeline.features import WINDOWED, Aggregate, Feature, RowCall
from services.contracts.pipeline.specification import Specification

FORMAT = 1
"""Part of every digest: a change of what a definition means raises it."""


def short_digest(content: Any) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of canonical JSON."""
    text = json.dumps([FORMAT, content], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class FeatureDefinition:
    """One column computed from an entity's past.

    name: `<entity>.<feature>.<agg>.<window>`, `.<agg>.half_life.<time>`, `.lag.<k>`, `.last` or `.time_since_last`
    (seconds).
    source: the entity's events, or its labels as they become known.
    value: a field or an expression over the event (or label) record; None counts records.
    window: microseconds, for windowed aggregates: (t - window, t].
    half_life: microseconds in which the weight of a value halves, for decayed aggregates.
    lag: k of `lag`; 1 is the last value.
    current: whether the current event is part.
    by: the label field that places a label in time.
    smooth, prior: a mean of labels is (sum + smooth * prior) / (count + smooth).
    """

    name: str
    entity: str
    source: Literal["events", "labels"]
    value: str | None
    agg: Aggregate
    window: int | None = None
    lag: int | None = None
    current: bool = False
    by: str | None = None
    smooth: float | None = None
    prior: float | None = None
    half_life: int | None = None

    @cached_property
    def digest(self) -> str:
        """Names what the column means, 16 hexadecimal digits."""
        content = asdict(self)
        if self.half_life is None:
            del content["half_life"]  # as it was before there were any
        return short_digest(content)


class RowFeature(NamedTuple):
    """A column computed from one row, or several by one call.

    name: `row.<name>`. expressions: over event fields and features; of a call, the function's arguments, else one.
    function: of features.py, None where the expression is the column. values: how many columns the call gives, None
    where it is one of the feature's name.
    """

    name: str
    expressions: tuple[str, ...]
    function: str | None = None
    values: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return row_columns(self.name, self.values)


def row_columns(name: str, values: int | None) -> tuple[str, ...]:
    """Names of the columns of a row feature."""
    return (name,) if values is None else tuple(f"{name}.{place}" for place in range(values))


def windows_of(specification: Specification, feature: Feature) -> tuple[Any, ...]:
    """The feature's windows, or the default ones; none where no aggregate has a window."""
    if feature.half_life or not WINDOWED.intersection(feature.agg):
        return ()
    return feature.windows or specification.features.default.windows


def definitions(specification: Specification) -> tuple[FeatureDefinition, ...]:
    """All columns of all entities, in the order of the file: by feature, aggregate, then window or lag."""
    return tuple(
        definition
        for entity, features in specification.features.entities.items()
        for name, feature in features.items()
        for definition in _columns(specification, entity, name, feature)
    )


def row_features(specification: Specification) -> tuple[RowFeature, ...]:
    """The row features, in the order of the file."""
    return tuple(
        RowFeature(f"row.{name}", row.of, row.function, row.values)
        if isinstance(row, RowCall)
        else RowFeature(f"row.{name}", (row,))
        for name, row in specification.features.row.items()
    )


def _columns(specification: Specification, entity: str, name: str, feature: Feature) -> Iterator[FeatureDefinition]:
    current = feature.current_event or specification.features.default.current_event
    of_labels = feature.of == "labels"
    for agg in feature.agg:
        smooth = feature.smooth if agg == "mean" else None
        shared: dict[str, Any] = {
            "entity": entity,
            "source": feature.of,
            "value": feature.value,
            "agg": agg,
            "current": current == "included" and not of_labels,
            "by": (feature.by or specification.label.known.time) if of_labels else None,
            "smooth": smooth,
            "prior": specification.label.target.prior if smooth else None,
        }
        prefix = f"{entity}.{name}.{agg}"
        if feature.half_life:
            for half_life in feature.half_life:
                yield FeatureDefinition(name=f"{prefix}.half_life.{half_life}", half_life=int(half_life), **shared)
        elif agg in WINDOWED:
            for window in windows_of(specification, feature):
                yield FeatureDefinition(name=f"{prefix}.{window}", window=int(window), **shared)
        elif agg == "lag":
            for lag in feature.lags or ():
                yield FeatureDefinition(name=f"{prefix}.{lag}", lag=lag, **shared)
        else:
            yield FeatureDefinition(name=prefix, **shared)
