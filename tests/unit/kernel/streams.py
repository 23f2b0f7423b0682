"""Random logs that hold what real ones do: late and equal times, gaps, missing and odd values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline import FeatureDefinition
from services.kernel.hashing import hashed
from services.kernel.parts import ValueColumn
from services.kernel.plan import Plan
from services.kernel.update import update

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000


def feature(agg: str, value: str | None = None, window: int | None = None, **more: Any) -> FeatureDefinition:
    """A definition of which only what matters is said."""
    more = {"entity": "customer", "source": "events", "lag": None, **more}
    name = f"{more['source']}.{value}.{agg}.{window}.{more['lag']}.{more.get('current')}.{more.get('smooth')}"
    name += f".{more.get('half_life')}"
    return FeatureDefinition(name=name, value=value, agg=agg, window=window, **more)  # type: ignore[arg-type]


def every_feature() -> list[FeatureDefinition]:
    """All aggregates, over events with and without the current one, and over labels; from 1 µs to the whole past."""
    definitions = [feature("count", window=window) for window in (1, 7, 90 * SECOND, DAY, 28 * DAY, None)]
    for window in (HOUR, DAY, 7 * DAY, None):
        for agg in ("count", "sum", "mean", "std", "min", "max"):
            definitions.append(feature(agg, "amount", window))
            definitions.append(feature(agg, "amount", window, current=True))
            definitions.append(feature(agg, "fraud", window, source="labels"))
    definitions += [feature("mean", "fraud", DAY, source="labels", smooth=20.0, prior=0.02)]
    definitions += [feature("std", "odd", DAY), feature("min", "odd", 3 * DAY), feature("sum", "odd", 3 * DAY)]
    for source, value in (("events", "amount"), ("labels", "fraud"), ("events", "odd")):
        definitions += [feature("lag", value, lag=lag, source=source) for lag in (1, 2, 5)]
        definitions += [feature("last", value, source=source), feature("time_since_last", value, source=source)]
    definitions += [feature("lag", "amount", lag=1, current=True), feature("time_since_last", current=True)]
    definitions += [feature("time_since_last"), feature("time_since_last", source="labels")]
    return [*definitions, *_rates(), *_distinct(), *_decays()]


def _rates() -> list[FeatureDefinition]:
    rates = [feature("rate", window=window) for window in (1, 7, 90 * SECOND, DAY)]
    return [*rates, feature("rate", "amount", 7 * DAY, current=True), feature("rate", "fraud", DAY, source="labels")]


def _distinct() -> list[FeatureDefinition]:
    windows = (7, HOUR, DAY, 28 * DAY, None)
    of_shop = [feature("distinct", "shop", window, current=current) for window in windows for current in (False, True)]
    return [*of_shop, feature("distinct", "amount", 7 * DAY), feature("distinct", "judge", 28 * DAY, source="labels")]


def _decays() -> list[FeatureDefinition]:
    decays = [feature("count", half_life=half_life) for half_life in (1, HOUR, 7 * DAY, 36_500 * DAY)]
    for agg in ("count", "sum", "mean"):
        decays += [feature(agg, "amount", half_life=DAY, current=current) for current in (False, True)]
        decays += [feature(agg, "fraud", half_life=HOUR, source="labels"), feature(agg, "odd", half_life=3 * DAY)]
    return [*decays, feature("mean", "fraud", half_life=DAY, source="labels", smooth=2.0, prior=0.02)]


@dataclass(frozen=True)
class Log:
    """Records in order; values by name, one for each record of the kind."""

    slots: NDArray[np.int64]
    kinds: NDArray[np.int8]
    times: NDArray[np.int64]
    events: dict[str, NDArray[np.float64]]
    labels: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.slots)

    def part(self, start: int, end: int) -> "Log":
        """Records from start to end."""
        first = int(self.kinds[:start].sum())
        last = int(self.kinds[:end].sum())
        events = {name: values[start - first : end - last] for name, values in self.events.items()}
        labels = {name: values[first:last] for name, values in self.labels.items()}
        return Log(self.slots[start:end], self.kinds[start:end], self.times[start:end], events, labels)


def random_log(seed: int, records: int = 1_500, entities: int = 4) -> Log:
    """A log whose times start before 1970, step by nothing to years, and fall back by up to a month."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.choice([0, 5, 9, 10, 11, 14], records, p=[0.2, 0.2, 0.3, 0.2, 0.099, 0.001])
    times = -2 * DAY + np.cumsum((scale * rng.random(records)).astype(np.int64))
    late = rng.random(records) < 0.15
    times[late] -= (10.0 ** rng.uniform(6, 12.4, int(late.sum()))).astype(np.int64)
    kinds = (rng.random(records) < 0.3).astype(np.int8)
    labels = int(kinds.sum())
    events = records - labels
    odd = rng.choice([np.nan, np.inf, -np.inf, 1e39, 3e38, -0.0, 0.0, 1e-40, 7.0, 16777217.0], events)
    amount = np.where(rng.random(events) < 0.1, np.nan, rng.gamma(2.0, 50.0, events))
    fraud = np.where(rng.random(labels) < 0.1, np.nan, rng.integers(0, 2, labels))
    slots = rng.integers(0, entities, records)
    shops = np.array([None, *(f"shop {number}" for number in range(400))], object)
    # an entity that goes to few shops, others to more and more
    shop = hashed(shops[(rng.random(events) * (8, 40, 120, 401)[seed % 4]).astype(int)])
    columns = {"amount": amount, "odd": odd, "hash of shop": shop, "hash of amount": hashed(amount)}
    return Log(slots, kinds, times, columns, {"fraud": fraud, "hash of judge": hashed(fraud)})


def run(plan: Plan, rows: NDArray[np.int64], log: Log) -> NDArray[np.float32]:
    """The vectors of the log's events; the rows are brought forward."""
    events, labels = len(log) - int(log.kinds.sum()), int(log.kinds.sum())
    out = np.empty((len(plan.names), events), np.float32)
    event_values = _stack([log.events[_name(column)] for column in plan.event_columns], events)
    label_values = _stack([log.labels[_name(column)] for column in plan.label_columns], labels)
    update(plan, rows, log.slots, log.kinds, log.times, event_values, label_values, out)
    return out.T


def _name(column: ValueColumn) -> str:
    return f"hash of {column.expression}" if column.hashed else column.expression


def _stack(columns: Sequence[NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
    return np.array(columns, np.float64).reshape(len(columns), rows)
