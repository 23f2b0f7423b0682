"""A candidate that is offered, beside the version that answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from services.contracts.release_name import ReleaseName
from services.registry.domain.versions import Version


@dataclass(frozen=True, slots=True)
class Offer:
    """candidate: the CandidateProposed. time: when it was appended, in microseconds. champion: answers now, None for
    the baseline. attempt: how many were judged, with this one, since the last was accepted; of policies, those of the
    same model. waiting: for a person's word, None if none does."""

    candidate: Mapping[str, Any]
    time: int
    champion: Version | None
    attempt: int
    waiting: Version | None = None


def outdated(manifest: Mapping[str, Any], champion: Mapping[str, Any]) -> str:
    """Why a candidate is older than the champion, empty if it isn't; both as in their manifests.

    What counts is the cut-off of the rows: each run's lies at or after the one before it.
    """
    its, theirs = manifest["dataset"]["clock"], champion["dataset"]["clock"]
    if its >= theirs:
        return ""
    return f"it is made of what was known at {_said(its)}, and {champion['version']}, which answers, at {_said(theirs)}"


def misplaced(policy: Mapping[str, Any], manifest: bytes, offer: Offer) -> str:
    """Why a policy can't be the next one of the version that answers, empty if it can. manifest: of its model, as it
    was signed."""
    name, champion, waiting = policy["version"], offer.champion, offer.waiting
    answers = "the baseline" if champion is None else champion.name
    if waiting is not None and not ReleaseName.of(waiting.name).is_refreshed:
        return f"{waiting.name} waits for approval, and has a policy of its own"
    if champion is None or ReleaseName.of(champion.name).model != policy["model"]:
        return f"{name} decides for {policy['model']}, but by now {answers} answers"
    if champion.candidate["manifest"] != manifest:
        return f"{name} came with another manifest of {policy['model']} than was admitted"
    if (compared := policy["measured"].get("champion")) != champion.name:
        return f"{name} was compared with {compared}, but by now {answers} answers"
    return outdated(policy, made_of(champion))


def made_of(version: Version) -> Mapping[str, Any]:
    """What tells from which rows a version was made: its policy, if that came after the model, or its manifest."""
    found: Mapping[str, Any] = orjson.loads(version.candidate.get("policy") or version.candidate["manifest"])
    return found


def _said(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
