"""A candidate that is offered, beside the version that answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.registry.domain.versions import Version


@dataclass(frozen=True, slots=True)
class Offer:
    """candidate: the CandidateProposed. time: when it was appended, in microseconds. champion: answers now, None for
    the baseline. attempt: how many were judged, with this one, since the last was accepted."""

    candidate: Mapping[str, Any]
    time: int
    champion: Version | None
    attempt: int


def outdated(manifest: Mapping[str, Any], champion: Mapping[str, Any]) -> str:
    """Why a candidate is older than the champion, empty if it isn't; both as in their manifests.

    What counts is the cut-off of the rows: each run's lies at or after the one before it.
    """
    its, theirs = manifest["dataset"]["clock"], champion["dataset"]["clock"]
    if its >= theirs:
        return ""
    return f"it is made of what was known at {_said(its)}, and {champion['version']}, which answers, at {_said(theirs)}"


def _said(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
