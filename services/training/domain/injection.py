"""Anomalies made of clean rows, so that it can be measured how well unusual ones are told from them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.training.domain.cohort import Floats, Rows

ONE_IN = 10
"""Of so many rows one is made unusual."""
_SCALES = (3.0, 5.0, 10.0)
_NORMAL = 1.349
"""Distance of the quartiles of a normal distribution, in standard deviations."""
_GREATEST = float(np.finfo(np.float32).max)

SWAPPED, SHIFTED, EXCHANGED = range(3)


def injected(rows: Rows, seed: int) -> Rows:
    """The rows, and after one in ten of them another one that is made unusual, of the same time, with the label 1.

    Each in one way of three, drawn by the seed. Half of its inputs are those of another row: each value is usual, but
    not beside the others. Or a number, of those that differ, is shifted by 3, 5 or 10 standard deviations. Or two
    numbers exchange how far they lie from their middles. Ways that need more columns than there are give way to the
    others.
    """
    chance = np.random.default_rng(seed)
    at = np.sort(chance.choice(len(rows), len(rows) // ONE_IN, replace=False))
    if not len(at):
        return rows
    made = rows.take(at)
    made = replace(made, inputs=_unusual(rows, at, chance), label=np.ones(len(at), np.int8))
    order = np.argsort(np.concatenate([np.arange(len(rows)), at]), kind="stable")
    return _joined(rows, made, order)


def _unusual(rows: Rows, at: NDArray[np.intp], chance: np.random.Generator) -> pd.DataFrame:
    names = (*rows.numbers, *rows.categories)
    inputs = rows.inputs.iloc[at].reset_index(drop=True)
    donors = rows.inputs.iloc[chance.integers(0, len(rows), len(at))].reset_index(drop=True)
    way = chance.choice(_ways(rows), len(at))
    rank = chance.random((len(at), len(names))).argsort(axis=1)
    columns: dict[str, Any] = {}
    for place, name in enumerate(names):
        is_other = (way == SWAPPED) & (rank[:, place] < (len(names) + 1) // 2)
        columns[name] = np.where(is_other, donors[name].to_numpy(), inputs[name].to_numpy())
    if rows.numbers:
        values = np.stack([columns[name] for name in rows.numbers], axis=1).astype(np.float64)
        values = _moved(values, rows.inputs[list(rows.numbers)].to_numpy(np.float64), way, chance)
        columns |= {name: values[:, place].astype(np.float32) for place, name in enumerate(rows.numbers)}
    return inputs.assign(**columns)


def _ways(rows: Rows) -> list[int]:
    is_apart, count = len(rows.numbers) + len(rows.categories) > 1, len(rows.numbers)
    allowed = ((SWAPPED, is_apart or not count), (SHIFTED, count > 0), (EXCHANGED, count > 1))
    return [way for way, is_allowed in allowed if is_allowed]


def _moved(values: Floats, all_: Floats, way: NDArray[np.intp], chance: np.random.Generator) -> Floats:
    """Numbers [made, numbers] of which some are shifted or exchanged. all_: of all rows."""
    middle, scale = _middles(all_)
    rows, count = np.arange(len(values)), values.shape[1]
    differing = np.flatnonzero(scale > 0)
    one = chance.choice(differing, len(values)) if len(differing) else chance.integers(0, count, len(values))
    far = chance.choice(_SCALES, len(values)) * chance.choice((-1.0, 1.0), len(values))
    there = np.where(np.isnan(values), middle, values)
    found = values.copy()
    its = rows[way == SHIFTED]
    found[its, one[its]] = (there[rows, one] + far * scale[one])[its]
    if count > 1:
        other = (one + chance.integers(1, count, len(values))) % count
        standing, its = (there - middle) / np.where(scale > 0, scale, 1.0), rows[way == EXCHANGED]
        for to, of in ((one, other), (other, one)):
            found[its, to[its]] = (middle[to] + scale[to] * standing[rows, of])[its]
    return np.clip(found, -_GREATEST, _GREATEST)


def _middles(values: Floats) -> tuple[Floats, Floats]:
    """Median and scale of each column: by quartiles, where these are the same the standard deviation; 0 where none
    differs."""
    columns = [column[~np.isnan(column)] for column in values.T]
    middle = np.array([np.median(column) if len(column) else 0.0 for column in columns])
    scale = np.array([_scale(column) for column in columns])
    return middle, scale


def _scale(column: Floats) -> float:
    if not len(column):
        return 0.0
    low, high = np.quantile(column, (0.25, 0.75))
    return float(high - low) / _NORMAL or float(np.std(column))


def _joined(rows: Rows, made: Rows, order: NDArray[np.intp]) -> Rows:
    """Both in an order."""

    def both(one: Any, other: Any) -> Any:
        return None if one is None else np.concatenate([one, other])[order]

    return replace(
        rows,
        event_time=both(rows.event_time, made.event_time),
        label_time=both(rows.label_time, made.label_time),
        label=both(rows.label, made.label),
        inputs=pd.concat([rows.inputs, made.inputs], ignore_index=True).iloc[order].reset_index(drop=True),
        groups={name: both(values, made.groups[name]) for name, values in rows.groups.items()},
        entity=both(rows.entity, made.entity),
        weight=both(rows.weight, made.weight),
    )
