"""What answers, and its scores of a batch: row by row where a row fails it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.contracts.pipeline import Layout
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors

Floats = NDArray[np.float64]


class Scorer(Protocol):
    """A model that can answer, or the baseline."""

    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def policy(self) -> str:
        """Version of the policy that decides by its scores; empty for the baseline, which has none."""
        ...

    @property
    def policy_digest(self) -> str:
        """SHA-256 of the policy; empty for one that came with its model."""
        ...

    @property
    def threshold(self) -> float | None:
        """The score from which an answer decides positive; None where nothing is decided."""
        ...

    @property
    def half_width(self) -> float | None:
        """How far the interval beside an answer reaches to both sides; None where there is none."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Of several classes these, in the order of their scores; else empty."""
        ...

    @property
    def reads(self) -> Mapping[str, str]:
        """Columns by name, each with the digest of what it means."""
        ...

    @property
    def explainer(self) -> Explainer | None:
        """What explains its scores; None for a baseline, which says itself what it does."""
        ...

    def scores(self, vectors: Vectors) -> Floats:
        """Scores [rows], of several classes [rows, classes]. Raises any error for rows that it can't score."""
        ...


Whys = Mapping[int, str]
"""Why a row wasn't scored, by its place in its batch."""


class Lot(NamedTuple):
    """The vectors of a batch that have one layout. places: where they stand in it, in order.

    foreign: the layout, where it isn't the pipeline's own, in which every model finds what it reads.
    """

    places: NDArray[np.intp]
    vectors: Vectors
    foreign: Layout | None = None


def score(scorer: Scorer, lots: Sequence[Lot], rows: int) -> tuple[Floats, Whys]:
    """Scores of a batch, NaN for a row that isn't in a lot or wasn't scored; and why those in a lot weren't."""
    scores, whys = unscored(scorer, rows), dict[int, str]()
    for lot in lots:
        if lot.foreign is not None and (lacking := lot.foreign.lacks(scorer.reads)):
            why = f"{scorer.version} reads what set {lot.foreign.feature_set} doesn't have: {', '.join(lacking)}"
            whys |= dict.fromkeys(lot.places.tolist(), why)
            continue
        scores[lot.places], failed = _score_all(scorer, lot.vectors)
        whys |= {int(lot.places[row]): why for row, why in failed.items()}
    return scores, whys


def unscored(scorer: Scorer, rows: int) -> Floats:
    """So many rows without a score: NaN."""
    return np.full((rows, len(scorer.classes)) if scorer.classes else rows, np.nan)


def _score_all(scorer: Scorer, vectors: Vectors) -> tuple[Floats, Whys]:
    try:
        return scorer.scores(vectors), {}
    except Exception:
        return _score_each(scorer, vectors)


def _score_each(scorer: Scorer, vectors: Vectors) -> tuple[Floats, Whys]:
    """One row at a time, so that a row that can't be scored fails alone."""
    scores, raised = unscored(scorer, len(vectors)), dict[int, str]()
    for row in range(len(vectors)):
        try:
            scores[row] = scorer.scores(vectors.rows(np.array([row])))[0]
        except Exception as error:
            raised[row] = f"{scorer.version}: {type(error).__name__}: {error}"
    return scores, raised
