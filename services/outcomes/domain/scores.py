"""Profiles of scores: what was answered in a window of event time, by model version."""

from typing import Any

import numpy as np

from services.contracts.profile import FieldProfile
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.draft import Draft


def close_scores(draft: Draft, boundary: int) -> None:
    """Report all windows before `boundary` that hold something new, and the last one even if it is empty."""
    stale = draft.progress.stale_scores
    last = boundary - draft.policy.window
    for window in sorted({start for start in stale if start < boundary} | {last}):
        profiles = [_profile(draft, window, *group) for group in by_version(draft.answers_in(window))]
        for profile in profiles if window in stale else []:
            draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)
        if not profiles:
            emit_empty(draft, "scores", window)
        stale.discard(window)


def by_version(answers: list[Answer]) -> list[tuple[str, list[Answer]]]:
    """Answers by the version of their model, versions in order of name."""
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.model, []).append(answer)
    return sorted(groups.items())


def _profile(draft: Draft, window: int, version: str, answers: list[Answer]) -> dict[str, Any]:
    field = FieldProfile("score")
    field.update_numbers(np.array([np.nan if a.score is None else a.score for a in answers], dtype=np.float64))
    profile = blank(draft, "scores", window, version, answers)
    return profile | {"rows": len(answers), "fields": [field.to_record()]}


def emit_empty(draft: Draft, stream: str, window: int) -> None:
    """Report a window in which nothing lies, so that readers know that the partition is past it."""
    profile = blank(draft, stream, window, "", [])
    draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


def blank(draft: Draft, stream: str, window: int, version: str, answers: list[Answer]) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` of these answers without its numbers."""
    return {
        "stream": stream,
        "window_start": window,
        "window_end": window + draft.policy.window,
        "version": version,
        "slice": "",
        "partition": draft.partition,
        "up_to_seq": max((answer.seq for answer in answers), default=-1),
        "rows": 0,
        "positives": 0,
        "correct": 0,
        "fields": [],
        "errors": [],
        "closed_at": draft.progress.boundary or 0,
    }


def profile_key(profile: dict[str, Any]) -> str:
    """Key of a profile: a later one with the same key replaces it."""
    return "/".join(str(profile[part]) for part in ("stream", "window_start", "version", "slice", "partition"))
