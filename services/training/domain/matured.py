"""Matured outcomes as an online learner meets them: one after the other, with what the model that answered lost."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.contracts.baseline import BASELINE
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.release_name import ReleaseName
from services.training.domain.cohort import cohort, learnable

BUCKETS = 4096
"""Values of a category are told apart by a hash (Weinberger et al., Feature hashing, ICML 2009), so that a field with
ever new values doesn't take ever more memory."""

MOST = 10_000
"""Outcomes that are taken in for each day of event time, about: of more a share."""

_DAY = 86_400_000_000
_EVER = 2**62


class Contract(NamedTuple):
    """What vectors hold: names of the numbers and the categories, which of both are learnt from, and the digest of
    their definitions."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    inputs: tuple[str, ...]
    feature_set: str


class Matured(NamedTuple):
    """One outcome. event_time, known_at: microseconds. numbers: [n], NaN where one is missing. categories: bucket of
    each. label: as `Rows` has it. version: of the model that answered, empty for a baseline. loss: of its answer, NaN
    for a failed one. weight: for how many events it stands."""

    event_time: int
    known_at: int
    numbers: NDArray[np.float32]
    categories: tuple[int, ...]
    label: float
    version: str
    loss: float
    weight: int


def reached(dataset: Mapping[str, Any]) -> dict[int, int]:
    """Up to which event each partition had matured."""
    return {bounds["partition"]: bounds["matured_seq"] for bounds in dataset["ranges"]}


def share_of(dataset: Mapping[str, Any], before: Mapping[int, int], window: int) -> float:
    """Which share of the outcomes is taken in by which a dataset is larger than the one before it.

    before: as `reached` has it. window: length in microseconds of the time between two datasets.
    """
    come = sum(seq - before.get(partition, -1) for partition, seq in reached(dataset).items())
    return min(1.0, MOST * window / _DAY / max(1, come))


def matured(outcomes: pd.DataFrame, contract: Contract, task: LearningTask) -> Iterator[Matured]:
    """Labelled outcomes by event time, partition and seq. outcomes: columns as `cohort` reads them, and model, score,
    decided_class and label_class."""
    numbers, categories, inputs, feature_set = contract
    frame = learnable(outcomes, len(numbers), len(categories), feature_set, task)
    rows = cohort(frame, numbers, categories, _EVER, feature_set, task=task).learnt_from(inputs)
    weight = np.ones(len(rows), np.int64) if rows.weight is None else rows.weight
    buckets = [_buckets(rows.inputs[name]) for name in rows.categories]
    yield from map(
        Matured,
        rows.event_time.tolist(),
        rows.label_time.tolist(),
        rows.inputs[list(rows.numbers)].to_numpy(np.float32),
        zip(*buckets, strict=True) if buckets else ((),) * len(rows),
        rows.label.tolist(),
        _versions(frame["model"]),
        losses(frame, task).tolist(),
        weight.tolist(),
    )


def losses(frame: pd.DataFrame, task: LearningTask) -> NDArray[np.float64]:
    """What the answers lost [rows]: of two classes the squared difference of probability and label; of several whether
    the decision was wrong; of numbers the absolute difference. NaN where there was no answer."""
    if task.several:
        wrong = (frame["decided_class"] != frame["label_class"]).to_numpy(np.float64)
        return np.where(frame["decided_class"].isna(), np.nan, wrong)
    difference: NDArray[np.float64] = (frame["score"] - frame["label"]).abs().to_numpy(np.float64)
    return difference**2 if task.has_classes else difference


def _versions(models: pd.Series) -> list[str]:
    named = {name: "" if name == BASELINE else ReleaseName.of(name).model for name in models.unique()}
    return [named[name] for name in models]


def _buckets(values: pd.Series) -> list[int]:
    buckets: list[int] = (pd.util.hash_array(values.to_numpy(object)) % BUCKETS).tolist()
    return buckets
