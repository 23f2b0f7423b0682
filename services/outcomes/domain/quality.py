"""Profiles of quality: how right the answers to a cohort of events were, once all of them are resolved."""

from typing import Any

import numpy as np

from services.outcomes.domain.answer import RIGHT_FROM
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import ACTED_ON, LABEL, NO, SCORE, YES, Rows
from services.outcomes.domain.window_profile import report, report_empty

RUN = 32
"""Errors are summed over so many consecutive outcomes."""

Judged = tuple[int, int, float, bool, bool]
"""Time of an event, for how many it stands, squared difference of score and label, whether the decision was wrong and
the truth is positive."""


def close_quality(draft: Draft, boundary: int) -> None:
    """Report the windows before `boundary` up to the first that holds an unresolved event, in order.

    A window reported before is reported again when a label of it was corrected or came late. The last one is reported
    even if it is empty.
    """
    progress, before = draft.progress, draft.progress.settled
    settled = progress.settled = _settled(draft, boundary)
    for window in sorted(start for start in progress.stale_quality if start < settled):
        if not progress.unresolved.get(window):
            report(draft, "quality", window, Judgement)
            progress.stale_quality.discard(window)
    last = settled - draft.policy.window
    if settled != before and draft.windows.get(last) is None:
        report_empty(draft, "quality", last)


def _settled(draft: Draft, boundary: int) -> int:
    """Start of the first window that holds back the later ones; one reopened by a late event doesn't."""
    before = draft.progress.settled
    open_windows = (start for start, count in draft.progress.unresolved.items() if count and start < boundary)
    return min((start for start in open_windows if before is None or start >= before), default=boundary)


class Judgement:
    """How right the answers of one version were; in the order of seq.

    Each counts as often as it stands for events, so that what was left alone to explore speaks for what was acted on.
    """

    def __init__(self) -> None:
        self._rows = self._positives = self._correct = self._censored = 0
        self._errors: list[dict[str, Any]] = []
        self._run: list[Judged] = []

    def update(self, its: Rows) -> None:
        """Take in the answers that come next; those without score or without label are not judged."""
        self._censored += int(np.count_nonzero(its["status"] == ACTED_ON))
        judged = its[its["present"] == SCORE | LABEL]
        positive, weight = judged["label"] >= RIGHT_FROM, judged["weight"].astype(np.int64)
        wrong = judged["decision"] != np.where(positive, YES, NO)
        self._rows += int(weight.sum())
        self._positives += int(weight[positive].sum())
        self._correct += int(weight[~wrong].sum())
        pairs = zip(judged["score"].tolist(), judged["label"].tolist(), strict=True)
        errors = [(score - label) ** 2 for score, label in pairs]
        times, weights = judged["time"].tolist(), weight.tolist()
        self._run += zip(times, weights, errors, wrong.tolist(), positive.tolist(), strict=True)
        full = len(self._run) // RUN * RUN
        self._errors += [_error_sum(self._run[start : start + RUN]) for start in range(0, full, RUN)]
        del self._run[:full]

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        rest = [_error_sum(self._run)] if self._run else []
        counts = {"rows": self._rows, "positives": self._positives, "correct": self._correct}
        counts["censored"] = self._censored
        return counts | {"errors": [*self._errors, *rest]}


def _error_sum(run: list[Judged]) -> dict[str, Any]:
    positives = [(weight, error, wrong) for _, weight, error, wrong, positive in run if positive]
    return {
        "from_time": run[0][0],
        "to_time": run[-1][0],
        "rows": sum(weight for _, weight, _, _, _ in run),
        "total": sum(weight * error for _, weight, error, _, _ in run),
        "wrong": sum(weight * wrong for _, weight, _, wrong, _ in run),
        "positives": sum(weight for weight, _, _ in positives),
        "missed": sum(weight * wrong for weight, _, wrong in positives),
        "positive_total": sum(weight * error for weight, error, _ in positives),
        "heaviest": max(weight for _, weight, _, _, _ in run),
    }
