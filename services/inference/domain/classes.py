"""Answers about several classes: how probable each is, and the one that is decided."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def winning(scores: Floats) -> Floats:
    """The probability of the class that is decided [rows]; NaN where one isn't known. scores: [rows, classes]."""
    found: Floats = scores.max(axis=1)
    return found


def told(scores: Floats, names: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Fields of answers, a value for each row. The most probable class is decided, the first of several alike."""
    answered, places = np.isfinite(winning(scores)).tolist(), scores.argmax(axis=1).tolist()
    yield "decided_class", [names[place] if ok else None for ok, place in zip(answered, places, strict=True)]
    yield "scores", [each if ok else [] for ok, each in zip(answered, scores.tolist(), strict=True)]
