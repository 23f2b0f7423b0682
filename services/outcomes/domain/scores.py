"""Profiles of scores: what was answered in a window of event time, by model version."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.contracts.binning import Binning
from services.contracts.profile import FieldProfile
from services.outcomes.domain import pairs
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.reliability import UNIT
from services.outcomes.domain.rows import YES, Rows
from services.outcomes.domain.window_profile import report, report_empty

DECIDED = "decided_class"
"""What the classes that were decided are called in a profile."""


def close_scores(draft: Draft, boundary: int) -> None:
    """Report all windows before `boundary` that hold something new, and the last one even if it is empty.

    What shadows said in a window is told first: whoever sees its scores knows that nothing more of it is to come.
    """
    stale = draft.progress.stale_scores
    last = boundary - draft.policy.window
    draft.progress.flights.pass_by(last)
    for window in sorted({start for start in stale if start < boundary} | {last}):
        pairs.shadow(draft, window)
        if draft.windows.get(window) is None:
            report_empty(draft, "scores", window)
        elif window in stale:
            report(draft, "scores", window, lambda *_: Scores(draft.policy.task.profiled, draft.policy.classes))
        stale.discard(window)


class Scores:
    """What one version answered. name: what scores are called in a profile, which says how they are binned. classes:
    where there are several, their names: which was decided how often is profiled too, as the probability of the decided
    one may stay the same while that changes."""

    def __init__(self, name: str, classes: Sequence[str] = ()) -> None:
        self._rows = self._decided = self._promised = self._saturated = 0
        self._field, self._which = FieldProfile(name), FieldProfile(DECIDED)
        self._classes = classes

    def update(self, _seqs: Seqs, its: Rows) -> None:
        """Take in the answers that come next."""
        self._rows += len(its)
        self._field.update_numbers(its["score"])
        if self._field.binning is Binning.UNIT:
            self._saturated += int(np.count_nonzero((its["score"] <= 0.0) | (its["score"] >= 1.0)))
        if self._classes:
            self._which.update_categories([self._classes[place - 1] if place else None for place in its["decision"]])
        else:
            decided = its[its["decision"] == YES]
            self._decided += len(decided)
            self._promised += int(np.rint(np.clip(decided["score"], 0.0, 1.0) * UNIT).astype(np.int64).sum())

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        fields = [self._field, self._which] if self._classes else [self._field]
        counts = {"rows": self._rows, "decided": self._decided, "promised": self._promised / UNIT}
        counts["saturated"] = self._saturated
        return counts | {"fields": [one.to_record() for one in fields]}
