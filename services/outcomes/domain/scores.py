"""Profiles of scores: what was answered in a window of event time, by model version."""

from typing import Any

import numpy as np

from services.contracts.profile import FieldProfile
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import YES, Rows
from services.outcomes.domain.window_profile import report, report_empty


def close_scores(draft: Draft, boundary: int) -> None:
    """Report all windows before `boundary` that hold something new, and the last one even if it is empty."""
    stale = draft.progress.stale_scores
    last = boundary - draft.policy.window
    for window in sorted({start for start in stale if start < boundary} | {last}):
        if draft.windows.get(window) is None:
            report_empty(draft, "scores", window)
        elif window in stale:
            report(draft, "scores", window, lambda _version: Scores(draft.policy.task.profiled))
        stale.discard(window)


class Scores:
    """What one version answered. name: what scores are called in a profile, which says how they are binned."""

    def __init__(self, name: str) -> None:
        self._rows = self._decided = 0
        self._field = FieldProfile(name)

    def update(self, _seqs: Seqs, its: Rows) -> None:
        """Take in the answers that come next."""
        self._rows += len(its)
        self._decided += int(np.count_nonzero(its["decision"] == YES))
        self._field.update_numbers(its["score"])

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        return {"rows": self._rows, "decided": self._decided, "fields": [self._field.to_record()]}
