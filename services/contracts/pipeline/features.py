"""The features section: windowed aggregates of an entity over its events and its labels, and row expressions."""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag

from services.contracts.pipeline.section import Count, Identifier, Listed, OneOrMore, Positive, Real, Section, Short
from services.contracts.pipeline.units import Duration

Aggregate: TypeAlias = Literal[
    "count", "sum", "mean", "std", "min", "max", "rate", "distinct", "last", "lag", "time_since_last"
]
Windows: TypeAlias = Annotated[tuple[Annotated[Duration, Positive], ...], OneOrMore, Field(min_length=1, max_length=20)]

WINDOWED: frozenset[str] = frozenset({"count", "sum", "mean", "std", "min", "max", "rate", "distinct"})
"""Aggregates that have a window; the others look at single past values."""

VALUELESS: frozenset[str] = frozenset({"count", "rate", "time_since_last"})
"""Aggregates that need no value."""

DECAYED: frozenset[str] = frozenset({"count", "sum", "mean"})
"""Aggregates that take a half-life instead of windows."""


class FeatureDefaults(Section):
    """What features take where they say nothing. `absent: nan`: an empty window is NaN."""

    windows: Windows = (Duration("1d"), Duration("7d"), Duration("28d"))
    current_event: Literal["excluded", "included"] = "excluded"
    absent: Literal["nan"] = "nan"


class Feature(Section):
    """Aggregates of one value of an entity.

    of: its `events`, or its `labels` as they become known. value: a field or an expression of the event (or label).
    windows: (t - W, t]. half_life: instead of windows, values count with a weight that halves in this time.
    lags: which past values `agg: lag` takes, 1 being the last.
    by: the label field whose time places a label in a window (default `label.known.time`).
    smooth: n adds n labels of the target's prior to a mean of labels.
    """

    of: Literal["events", "labels"] = "events"
    value: str | None = None
    agg: Annotated[tuple[Aggregate, ...], OneOrMore] = Field(min_length=1)
    windows: Windows | None = None
    half_life: Windows | None = None
    lags: Annotated[tuple[Annotated[Count, Field(le=1_000)], ...], Listed] | None = Field(default=None, min_length=1)
    current_event: Literal["excluded", "included"] | None = None
    by: Identifier | None = None
    smooth: Annotated[Real, Field(gt=0)] | None = None


class RowCall(Section):
    """A row feature in Python.

    function: of `features.py` beside the file. of: the columns that it takes: fields, features, expressions over them.
    values: how many numbers it gives for each row, columns `row.<name>.0` and on; without it one, `row.<name>`.
    """

    function: Identifier
    of: Annotated[tuple[str, ...], OneOrMore] = Field(min_length=1, max_length=100)
    values: Annotated[Count, Field(le=1_000)] | None = None


def _form(value: object) -> str:
    return "call" if isinstance(value, dict | RowCall) else "expression"


Row: TypeAlias = Annotated[Annotated[str, Tag("expression")] | Annotated[RowCall, Tag("call")], Discriminator(_form)]
"""A row feature: an expression, or a call."""


class Features(Section):
    """`default`, `row`, and for each entity the mapping of its features."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[Short, Feature]] = Field(init=False)

    default: FeatureDefaults = FeatureDefaults()
    row: dict[Short, Row] = {}

    @property
    def entities(self) -> dict[str, dict[str, Feature]]:
        """The features of each entity, by entity and feature name."""
        return self.__pydantic_extra__
