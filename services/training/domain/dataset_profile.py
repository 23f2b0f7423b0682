"""The profile of a dataset: what its columns hold, and how its label is spread. The same rows give the same profile.

Rows are taken in by batches, exactly; correlations are of a sample. So time and memory grow with rows and columns only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.contracts.binning import finite
from services.contracts.profile import REST, FieldProfile
from services.training.domain.cohort import Rows
from services.training.domain.correlation import correlations
from services.training.domain.finding import findings
from services.training.domain.split import Split

_BATCH = 1 << 16
_STRETCHES = 40
_TOP = 5
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

Facts = dict[str, Any]


def profile(rows: Rows, digests: Mapping[str, str], apart: Split | None = None) -> Facts:
    """As JSON can hold it: rows, positives (None where labels are numbers), from_time and through_time (microseconds,
    None without rows), label, columns, pairs, findings (`Finding`).

    digests: of each column, what it means. apart: see `findings`.

    label: rows and positives in up to 40 equal stretches of event time; of several classes the rows of each instead,
    and `classes` has those of all the time; where labels are numbers mean and quantiles, if a stretch has rows, and
    `spread` measures all of them. columns: one for each that travels to the model, `input` where it is learnt from,
    with the histogram by which two profiles are compared (`FieldProfile`). pairs: the strongest correlations of
    numbers.
    """
    numbers = [str(name) for name in rows.inputs if pd.api.types.is_numeric_dtype(rows.inputs[name])]
    of_label, pairs = correlations(rows.inputs[numbers], rows.label)
    of_label = {} if rows.task.several else of_label
    told = {*rows.numbers, *rows.categories}
    columns = [
        {"name": name, "digest": digests[name], "input": name in told, "correlation": of_label.get(name)}
        | (_number(name, values) if name in numbers else _category(name, values))
        for name, values in ((str(name), rows.inputs[name].to_numpy()) for name in rows.inputs)
    ]
    return {
        "rows": len(rows),
        "positives": rows.positives if rows.task.counts_positives else None,
        **({"classes": dict(zip(rows.task.names, _counts(rows), strict=True))} if rows.task.several else {}),
        "from_time": int(rows.event_time[0]) if len(rows) else None,
        "through_time": int(rows.event_time[-1]) if len(rows) else None,
        "label": _label(rows),
        **(
            {}
            if rows.task.has_classes or rows.task.several
            else {"spread": {"name": "label"} | _number("label", rows.label)}
        ),
        "columns": columns,
        "pairs": [pair._asdict() for pair in pairs],
        "findings": [found.to_dict() for found in findings(rows, apart)],
    }


def _label(rows: Rows) -> list[Facts]:
    if not len(rows):
        return []
    first, last = int(rows.event_time[0]), int(rows.event_time[-1])
    length = (last - first) // _STRETCHES + 1
    stretch = (rows.event_time - first) // length
    counts = np.bincount(stretch).tolist()
    if rows.task.several:
        told = [{"classes": np.bincount(part, minlength=rows.task.width).tolist()} for part in _parts(rows, counts)]
    elif rows.task.has_classes:
        told = [{"positives": int(positives)} for positives in np.bincount(stretch, rows.label)]
    else:
        told = [_spread(part) for part in _parts(rows, counts)]
    return [{"from_time": first + number * length, "rows": count} | told[number] for number, count in enumerate(counts)]


def _parts(rows: Rows, counts: Sequence[int]) -> list[NDArray[Any]]:
    """Labels of consecutive stretches with so many rows."""
    return np.split(rows.label, np.cumsum(counts)[:-1])


def _counts(rows: Rows) -> list[int]:
    """Rows of each of several classes."""
    counts: list[int] = np.bincount(rows.label, minlength=rows.task.width).tolist()
    return counts


def _spread(label: NDArray[np.float64]) -> Facts:
    return {"mean": float(label.mean()), "quantiles": _quantiles(label)} if len(label) else {}


def _number(name: str, values: NDArray[Any]) -> Facts:
    held = FieldProfile(name)
    for start in range(0, len(values), _BATCH):
        held.update_numbers(values[start : start + _BATCH])
    present = finite(np.sort(values))
    starts = np.flatnonzero(np.diff(present, prepend=np.nan))
    counts = np.diff(starts, append=len(present))
    most = np.argsort(-counts, kind="stable")[:_TOP]
    return _counted(held) | {
        "type": "number",
        "distinct": len(starts),
        "top": [{"value": float(present[starts[i]]), "rows": int(counts[i])} for i in most],
        "quantiles": _quantiles(present),
        "deviation": float((held.m2 / held.count) ** 0.5) if held.count else None,
    }


def _quantiles(present: NDArray[Any]) -> dict[str, float]:
    found = np.quantile(present, _QUANTILES).tolist() if len(present) else []
    return {f"{share:g}": value for share, value in zip(_QUANTILES, found, strict=False)}


def _category(name: str, values: NDArray[Any]) -> Facts:
    """An empty text is a missing category."""
    held = FieldProfile(name)
    for start in range(0, len(values), _BATCH):
        held.update_categories([value or None for value in values[start : start + _BATCH]])
    named = sorted(((value, count) for value, count in held.categories.items() if value != REST), key=_most_first)
    return _counted(held) | {
        "type": "category",
        "distinct": int(pd.Series(values, dtype=object).nunique()) - (held.missing > 0),
        "top": [{"value": value, "rows": count} for value, count in named[:_TOP]],
        "quantiles": {},
        "deviation": None,
    }


def _most_first(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _counted(held: FieldProfile) -> Facts:
    record = held.to_record()
    mean = record["mean"] if held.moments.count else None
    return {name: record[name] for name in ("missing", "minimum", "maximum", "bins", "bin_counts", "categories")} | {
        "rows": held.count + held.missing,
        "mean": mean,
    }
