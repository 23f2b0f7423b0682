"""The rows that may be learnt from: matured outcomes whose truth was known before a cut-off."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.contracts.numbers import finite
from services.contracts.pipeline.learning_task import BINARY, LearningTask

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Label: TypeAlias = NDArray[Any]
"""Of classes int8: 1 for the positive class, else 0, or of several the number of the class; of numbers float64."""


class Costs(NamedTuple):
    """What each row costs if it is decided wrongly: a positive that is missed, a negative that is accused [rows]."""

    missed: Floats
    false_alarm: Floats

    def take(self, chosen: NDArray[Any]) -> "Costs":
        """Those of some rows."""
        return Costs(self.missed[chosen], self.false_alarm[chosen])


@dataclass(frozen=True)
class Rows:
    """Labelled rows by event time, partition and seq, and their inputs.

    event_time, label_time: microseconds [rows]. label: see Label [rows]. inputs: a column for each that travels to the
    model, numbers as float32 (NaN: missing), categories as text. numbers, categories: names of those that are learnt
    from. groups: texts of fields that are no inputs, by whose values measures are taken [rows]. costs: None where the
    pipeline says nothing of them. traffic: times of all events, with a label or without, rising; None where nobody
    asks. entity: key of the primary entity [rows], None if not known. weight: for how many events each row stands,
    since others like it were acted on; None: each for itself [rows]. task: what labels are.
    """

    event_time: Ints
    label_time: Ints
    label: Label
    inputs: pd.DataFrame
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    groups: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    costs: Costs | None = None
    traffic: Ints | None = None
    entity: NDArray[np.object_] | None = None
    weight: Ints | None = None
    task: LearningTask = BINARY

    def __len__(self) -> int:
        return len(self.event_time)

    @cached_property
    def positives(self) -> int:
        """Rows of the positive class; none where no class is positive."""
        return int(self.label.sum()) if self.task.has_classes else 0

    @property
    def rarer(self) -> int:
        """Rows of the rarer class; all where there are no classes."""
        return min(tally(self.label, self.task).values())

    def take(self, chosen: NDArray[Any]) -> "Rows":
        """Some of the rows: a mask or positions."""
        return Rows(
            self.event_time[chosen],
            self.label_time[chosen],
            self.label[chosen],
            self.inputs.iloc[chosen if chosen.dtype != np.bool_ else np.flatnonzero(chosen)],
            self.numbers,
            self.categories,
            {name: values[chosen] for name, values in self.groups.items()},
            None if self.costs is None else self.costs.take(chosen),
            self.traffic,
            None if self.entity is None else self.entity[chosen],
            None if self.weight is None else self.weight[chosen],
            self.task,
        )

    def standing(self, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """Positions of some rows, each as often as it stands for events: what is measured of these is of all events."""
        return chosen if self.weight is None else np.repeat(chosen, self.weight[chosen])

    def learnt_from(self, names: tuple[str, ...]) -> "Rows":
        """The same rows, of which no other columns are learnt from."""
        numbers, categories = (
            tuple(name for name in some if name in names) for some in (self.numbers, self.categories)
        )
        return replace(self, numbers=numbers, categories=categories)

    def between(self, since: int, to: int | None) -> "Rows":
        """Those of events from a time on, to before another, in microseconds."""
        return self.take((self.event_time >= since) & (to is None or self.event_time < to))

    def blocks(self, length: int) -> Ints:
        """Number of the stretch of `length` microseconds in which each event lies [rows]."""
        return self.event_time // length


def tally(label: Label, task: LearningTask) -> Mapping[str, int]:
    """Of each kind of rows of which there must be enough, how many there are: each class, or all."""
    if task.several:
        counts = np.bincount(label, minlength=task.width).tolist()
        return {f"rows of {name}": count for name, count in zip(task.names, counts, strict=True)}
    if not task.labelled:
        return {"rows": int((label == 0).sum())}
    if not task.has_classes:
        return {"rows": len(label)}
    positives = int(label.sum())
    return {"positives": positives, "negatives": len(label) - positives}


def cohort(
    outcomes: pd.DataFrame,
    numbers: tuple[str, ...],
    categories: tuple[str, ...],
    known_before: int,
    feature_set: str,
    groups: tuple[str, ...] = (),
    task: LearningTask = BINARY,
) -> Rows:
    """The rows of matured outcomes that may be learnt from at a cut-off.

    outcomes: columns event_time and label_time (microseconds), label (NaN: none), feature_set, partition, seq, numbers
    (bytes: packed little-endian float32), categories (sequence of str), slices (dict) if there are groups: those named,
    of which one that is missing is empty text; key (str) of the entity, if it is there; propensity, if any event was
    left alone to explore. Left out are outcomes without a label, as those of events that were acted on (where there are
    labels at all; else all are 0), those known at `known_before` or later, those whose features are of another set, and
    answers without a whole vector.
    That whole cohorts are there, and not merely what has arrived, is the dataset's promise (`matured_seq`).
    """
    known = outcomes[outcomes["label_time"] < known_before]
    frame = learnable(known, len(numbers), len(categories), feature_set, task)
    label = frame["label"].to_numpy(np.float64) if task.labelled else np.zeros(len(frame))
    return Rows(
        frame["event_time"].to_numpy(np.int64),
        frame["label_time"].to_numpy(np.int64),
        _numbered(label, task),
        _inputs(frame, numbers, categories),
        numbers,
        categories,
        {name: np.array([row.get(name) or "" for row in frame["slices"]], dtype=object) for name in groups},
        entity=frame["key"].to_numpy(object) if "key" in frame else None,
        weight=_weight(frame),
        task=task,
    )


def learnable(
    outcomes: pd.DataFrame, numbers: int, categories: int, feature_set: str, task: LearningTask
) -> pd.DataFrame:
    """The outcomes that have a label, where there are labels at all, and a whole vector of a feature set; as `cohort`
    orders them. numbers, categories: how many a vector holds."""
    whole = (outcomes["numbers"].map(len) == 4 * numbers) & (outcomes["categories"].map(len) == categories)
    chosen = whole & (outcomes["feature_set"] == feature_set)
    if task.labelled:
        chosen &= outcomes["label"].notna()
    return outcomes[chosen].sort_values(["event_time", "partition", "seq"], kind="stable")


def _numbered(label: Floats, task: LearningTask) -> Label:
    if task.several:
        return label.astype(np.int8)
    return (label >= 0.5).astype(np.int8) if task.has_classes else label


def _weight(frame: pd.DataFrame) -> Ints | None:
    if "propensity" not in frame or (frame["propensity"].fillna(1.0) == 1.0).all():
        return None
    return np.rint(1 / frame["propensity"].fillna(1.0).to_numpy(np.float64)).astype(np.int64)


def _inputs(frame: pd.DataFrame, numbers: tuple[str, ...], categories: tuple[str, ...]) -> pd.DataFrame:
    packed = finite(np.frombuffer(b"".join(frame["numbers"]), "<f4").reshape(len(frame), len(numbers)))
    columns: dict[str, Any] = {name: np.ascontiguousarray(packed[:, i]) for i, name in enumerate(numbers)}
    for i, name in enumerate(categories):
        columns[name] = np.array([row[i] for row in frame["categories"]], dtype=object)
    return pd.DataFrame(columns)
