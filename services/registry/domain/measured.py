"""What the registry takes in of the version in flight: a profile becomes a fact of its own log."""

from collections.abc import Mapping
from typing import Any

from services.registry.domain.score_groups import ScoreGroups

MEASURED = "driftmill.ReleaseMeasured"

SHADOW, PAIRED = "shadow", "paired"
"""Streams of profiles of the version in flight: of its answers, and of those whose labels have matured."""

BESIDE = {"scores": SHADOW, "quality": PAIRED}
"""Streams of all answers: of a partition where the version isn't asked yet they tell how far the other is."""

Measured = Mapping[str, Any]
"""A `driftmill.ReleaseMeasured`."""


def measured_of(profile: Mapping[str, Any], version: str, groups: ScoreGroups | None) -> Measured | None:
    """The fact that a ProfileClosed is for the version in flight; None if it is none.

    An empty report is of no version: it tells how far its partition is.
    """
    stream = profile["stream"]
    empty = profile["version"] == "" and profile["rows"] == 0
    own = stream in (SHADOW, PAIRED) and (profile["version"] == version or empty)
    if profile["slice"] != "" or not (own or stream in BESIDE):
        return None
    return {
        "version": version,
        "stream": stream,
        "window_start": profile["window_start"],
        "window_end": profile["window_end"],
        "partition": profile["partition"],
        "closed_at": profile["closed_at"] or profile["window_end"],
        "scores": _scores(profile, groups) if stream == SHADOW else [],
        "pairs": [dict(one) for one in profile["pairs"]] if own else [],
    }


def _scores(profile: Mapping[str, Any], groups: ScoreGroups | None) -> list[int]:
    if groups is None:
        return []
    return next((groups.counts(one["bins"], one["bin_counts"]) for one in profile["fields"]), [])
