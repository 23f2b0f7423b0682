"""Profiles of features: what models were given in a window of event time, by a sample of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.numbers import finite
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.layout import Layout
from services.contracts.profile import FieldProfile
from services.contracts.rank_correlation import MOST, RankCorrelation
from services.outcomes.domain.answer import Body
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.window_profile import blank, emit, report_empty

FEWEST, MOST_SAMPLED = 256, 512
"""Of the answers of a window a quarter is looked at, but for these bounds: what it costs doesn't grow with them."""
_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Vectors:
    """layout, feature_set: of the vectors that can be read. computed: the columns that are no fields of the event:
    those validation profiles, all of them.
    """

    layout: Layout
    feature_set: str
    computed: frozenset[str]

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Vectors | None":
        """None where nothing is computed and no two numbers can go together."""
        layout = pipeline.resolved.layout
        computed = frozenset((*layout.numbers, *layout.categories)) - pipeline.event.fields.keys()
        return cls(layout, pipeline.resolved.feature_set, computed) if computed or len(layout.numbers) > 1 else None

    def to_record(self, bodies: Sequence[Body]) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`, of answers with such vectors."""
        numbers = finite(np.frombuffer(b"".join([body.numbers for body in bodies]), "<f4"))
        matrix = numbers.reshape(len(bodies), len(self.layout.numbers)).astype(np.float64)
        together = self.layout.numbers[:MOST]
        correlation = RankCorrelation.of(together, matrix[:, :MOST]).to_record() if len(together) > 1 else None
        fields = [one.to_record() for one in (*self._numbers(matrix), *self._categories(bodies))]
        return {"rows": len(bodies), "fields": fields, "correlation": correlation}

    def fits(self, body: Body) -> bool:
        """Whether there is a vector, which isn't so where features failed."""
        numbers, categories = self.layout.numbers, self.layout.categories
        return (len(body.numbers), len(body.categories)) == (_WIDTH * len(numbers), len(categories))

    def _numbers(self, matrix: NDArray[np.float64]) -> list[FieldProfile]:
        found = []
        for place, name in enumerate(self.layout.numbers):
            if name in self.computed:
                found.append(FieldProfile(name))
                found[-1].update_numbers(matrix[:, place], exact=False)
        return found

    def _categories(self, bodies: Sequence[Body]) -> list[FieldProfile]:
        found = []
        for place, name in enumerate(self.layout.categories):
            if name in self.computed:
                found.append(FieldProfile(name))
                found[-1].update_categories([body.categories[place] for body in bodies])
        return found


def sample_of(answers: int) -> int:
    """How many of so many answers are looked at, at most."""
    return min(MOST_SAMPLED, max(FEWEST, answers // 4))


def close_vectors(draft: Draft, before: int | None, boundary: int) -> None:
    """Report the windows from `before` on that end by `boundary`, each once, and the last one even if it is empty."""
    vectors = draft.policy.vectors
    if vectors is None:
        return
    last = boundary - draft.policy.window
    stale = (start for start in draft.progress.stale_scores if start < boundary)
    for window in sorted({*(start for start in stale if before is None or start >= before), last}):
        seqs, bodies = _sampled(draft, vectors, window)
        if len(seqs):
            profile = blank(draft, "features", window, vectors.feature_set, seqs[-1])
            emit(draft, profile | vectors.to_record(bodies))
        else:
            report_empty(draft, "features", window)


def _sampled(draft: Draft, vectors: Vectors, window: int) -> tuple[list[int], list[Body]]:
    """Some answers of a window with such vectors, spread over it: their numbers and bodies."""
    span = draft.windows.get(window)
    if span is None:
        return [], []
    seqs, its = draft.answers.some(span, window, window + draft.policy.window, sample_of)
    known = [place for place, name in enumerate(draft.feature_sets.texts) if name == vectors.feature_set]
    chosen = seqs[np.isin(its["feature_set"], known)].tolist()
    found = [(seq, body) for seq, body in zip(chosen, draft.answers.bodies(chosen), strict=True) if vectors.fits(body)]
    return [seq for seq, _ in found], [body for _, body in found]
