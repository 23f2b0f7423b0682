"""Scores of vectors, and why some have none."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.contracts.record import Failure, Record
from services.inference.domain.vectors import Vectors

Floats = NDArray[np.float64]
"""Scores [rows], of several classes [rows, classes]."""


class Scores(Protocol):
    """What gives them; see `Scorer`."""

    @property
    def version(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    def scores(self, vectors: Vectors) -> Floats:
        """Raises any error for rows that it can't score."""
        ...


def unscored(scorer: Scores, rows: int) -> Floats:
    """So many rows without a score: NaN."""
    return np.full((rows, len(scorer.classes)) if scorer.classes else rows, np.nan)


def score_all(scorer: Scores, vectors: Vectors, records: Sequence[Record]) -> tuple[Floats, list[Failure]]:
    """All at once, or, where that fails, one row at a time, so that a row that can't be scored fails alone."""
    try:
        scores = scorer.scores(vectors)
    except Exception:
        return _score_each(scorer, vectors, records)
    return scores, _without_score(scores, records)


def _score_each(scorer: Scores, vectors: Vectors, records: Sequence[Record]) -> tuple[Floats, list[Failure]]:
    scores, failures = unscored(scorer, len(records)), []
    for i, record in enumerate(records):
        row = np.array([i])
        try:
            scores[i] = scorer.scores(vectors.rows(row))[0]
        except Exception as error:
            failures.append(Failure(record, "failed", f"{scorer.version}: {type(error).__name__}: {error}"))
            continue
        failures += _without_score(scores[row], [record])
    return scores, failures


def _without_score(scores: Floats, records: Sequence[Record]) -> list[Failure]:
    finite = np.isfinite(scores)
    return [
        Failure(records[place], "failed", f"score is {scores[place]}, expected a finite number")
        for place in np.flatnonzero(~(finite if finite.ndim == 1 else finite.all(axis=1))).tolist()
    ]
