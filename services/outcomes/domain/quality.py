"""Profiles of quality: how right the answers to a cohort of events were, once all of them are resolved."""

from typing import Any

from services.outcomes.domain.answer import Answer
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.scores import blank, by_version, emit_empty, profile_key

RUN = 32
"""Errors are summed over so many consecutive outcomes."""


def close_quality(draft: Draft, boundary: int) -> None:
    """Report the windows before `boundary` up to the first that holds an unresolved event, in order.

    A window reported before is reported again when a label of it was corrected or came late. The last one is reported
    even if it is empty.
    """
    progress, before = draft.progress, draft.progress.settled
    settled = progress.settled = _settled(draft, boundary)
    for window in sorted(start for start in progress.stale_quality if start < settled):
        if not progress.unresolved.get(window):
            _report(draft, window)
            progress.stale_quality.discard(window)
    last = settled - draft.policy.window
    if settled != before and not draft.answers_in(last):
        emit_empty(draft, "quality", last)


def _settled(draft: Draft, boundary: int) -> int:
    """Start of the first window that holds back the later ones; one reopened by a late event doesn't."""
    before = draft.progress.settled
    open_windows = (start for start, count in draft.progress.unresolved.items() if count and start < boundary)
    return min((start for start in open_windows if before is None or start >= before), default=boundary)


def _report(draft: Draft, window: int) -> None:
    for version, answers in by_version(draft.answers_in(window)):
        profile = _profile(draft, window, version, answers)
        draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


def _profile(draft: Draft, window: int, version: str, answers: list[Answer]) -> dict[str, Any]:
    judged = [answer for answer in answers if answer.error is not None]
    return blank(draft, "quality", window, version, answers) | {
        "rows": len(judged),
        "positives": sum(answer.positive for answer in judged),
        "correct": sum(not answer.wrong for answer in judged),
        "errors": [_error_sum(judged[start : start + RUN]) for start in range(0, len(judged), RUN)],
    }


def _error_sum(answers: list[Answer]) -> dict[str, Any]:
    positives = [answer for answer in answers if answer.positive]
    return {
        "from_time": answers[0].event_time,
        "to_time": answers[-1].event_time,
        "rows": len(answers),
        "total": sum(answer.error or 0.0 for answer in answers),
        "wrong": sum(answer.wrong for answer in answers),
        "positives": len(positives),
        "missed": sum(answer.wrong for answer in positives),
        "positive_total": sum(answer.error or 0.0 for answer in positives),
    }
