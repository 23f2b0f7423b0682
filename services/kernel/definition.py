"""What the kernel is told about one feature."""

from collections.abc import Iterable
from typing import Protocol

from services.kernel.aggregate import AGGREGATES, DECAYED, WINDOWED, Aggregate


class FeatureDefinition(Protocol):
    """An aggregate over the earlier records of an entity.

    source: `events` or `labels`. value: name of the field or expression that is aggregated; None: the records
    themselves. window: length in microseconds, None for the whole past. half_life: instead of one, in microseconds.
    lag: how many values back, from 1. current: whether the event's own value counts. smooth, prior: the mean is drawn
    towards `prior` with the weight of `smooth` values. digest: identifies the meaning.
    """

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def agg(self) -> str: ...
    @property
    def window(self) -> int | None: ...
    @property
    def half_life(self) -> int | None: ...
    @property
    def lag(self) -> int | None: ...
    @property
    def current(self) -> bool: ...
    @property
    def smooth(self) -> float | None: ...
    @property
    def prior(self) -> float | None: ...
    @property
    def digest(self) -> str: ...


SOURCES = ("events", "labels")


def aggregate_of(definition: FeatureDefinition) -> Aggregate:
    """What computes a checked definition."""
    return (AGGREGATES if definition.half_life is None else DECAYED)[definition.agg]


def check(definitions: Iterable[FeatureDefinition]) -> None:
    """Raise ValueError, naming the feature, for a definition that the kernel can't compute."""
    names: set[str] = set()
    for definition in definitions:
        if problem := _problem(definition, names):
            raise ValueError(f"feature {definition.name}: {problem}")
        names.add(definition.name)


def _problem(definition: FeatureDefinition, earlier: set[str]) -> str | None:
    known = AGGREGATES if definition.half_life is None else DECAYED
    aggregate = known.get(definition.agg)
    if aggregate is None:
        return f"unknown aggregate {definition.agg!r}, expected one of {', '.join(known)}"
    wrong = {
        "the name is taken": definition.name in earlier,
        f"unknown source {definition.source!r}, expected events or labels": definition.source not in SOURCES,
        f"{definition.agg} needs a value": aggregate.of_value and definition.value is None,
        f"{definition.agg} takes no window": aggregate.part not in WINDOWED and definition.window is not None,
        "the window must be longer than 0": definition.window is not None and definition.window <= 0,
        "the half-life must be longer than 0": definition.half_life is not None and definition.half_life <= 0,
        "rate needs a window": definition.agg == "rate" and definition.window is None,
        "lag counts from 1": definition.agg == "lag" and (definition.lag is None or definition.lag < 1),
        f"{definition.agg} takes no smoothing": definition.agg != "mean" and definition.smooth is not None,
        "smoothing must not be negative": definition.smooth is not None and definition.smooth < 0,
        "smoothing needs a prior": bool(definition.smooth) and definition.prior is None,
    }
    return next((problem for problem, is_so in wrong.items() if is_so), None)
