"""Profiles of scores: what was answered in a window of event time, by model version."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from services.contracts.profile import FieldProfile, profile_key
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import Rows


def close_scores(draft: Draft, boundary: int) -> None:
    """Report all windows before `boundary` that hold something new, and the last one even if it is empty."""
    stale = draft.progress.stale_scores
    last = boundary - draft.policy.window
    for window in sorted({start for start in stale if start < boundary} | {last}):
        if draft.windows.get(window) is None:
            emit_empty(draft, "scores", window)
        elif window in stale:
            _report(draft, window)
        stale.discard(window)


def _report(draft: Draft, window: int) -> None:
    found: dict[str, Scores] = {}
    for version, seqs, its in by_version(draft, window):
        found.setdefault(version, Scores()).update(seqs, its)
    for version, scores in sorted(found.items()):
        profile = blank(draft, "scores", window, version, scores.up_to_seq) | scores.to_record()
        draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


class Scores:
    """What one version answered."""

    def __init__(self) -> None:
        self.up_to_seq = -1
        self._rows = 0
        self._field = FieldProfile("score")

    def update(self, seqs: Seqs, its: Rows) -> None:
        """Take in the answers that come next."""
        self.up_to_seq = int(seqs[-1])
        self._rows += len(its)
        self._field.update_numbers(its["score"])

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        return {"rows": self._rows, "fields": [self._field.to_record()]}


def by_version(draft: Draft, window: int) -> Iterator[tuple[str, Seqs, Rows]]:
    """Seqs and rows of the answers to the events of a window, some at a time, by the version of their model."""
    for seqs, found in draft.rows_in(window):
        models = found["model"]
        if (models == models[0]).all():  # mostly
            yield draft.models.texts[models[0]], seqs, found
            continue
        for number in np.unique(models).tolist():
            its = models == number
            yield draft.models.texts[number], seqs[its], found[its]


def emit_empty(draft: Draft, stream: str, window: int) -> None:
    """Report a window in which nothing lies, so that readers know that the partition is past it."""
    profile = blank(draft, stream, window, "", -1)
    draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


def blank(draft: Draft, stream: str, window: int, version: str, up_to_seq: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` without its numbers."""
    return {
        "stream": stream,
        "window_start": window,
        "window_end": window + draft.policy.window,
        "version": version,
        "slice": "",
        "partition": draft.partition,
        "up_to_seq": up_to_seq,
        "rows": 0,
        "positives": 0,
        "correct": 0,
        "fields": [],
        "errors": [],
        "closed_at": draft.progress.boundary or 0,
    }
