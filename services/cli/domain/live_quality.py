"""How what each version said turned out: by its profiles, over all the time that it has been asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from services.contracts.profile import profile_key

Profile = Mapping[str, Any]
Live = dict[str, Any]

_STREAMS = ("scores", "quality")

UNWATCHED: Live = {"answers": 0, "decision_rate": None, "judged": 0, "cost": None, "calibration_error": None}
"""Of a version that hasn't been asked."""


def live_quality(profiles: Iterable[Profile]) -> dict[str, Live]:
    """By version: answers that it gave, and the share of the events that it decided positive; of those whose truth is
    known (`judged`) what wrong decisions cost in the mean, None where it isn't known of all, and the expected
    calibration error over ten bins of scores (Naeini et al. 2015), None where scores are no probabilities. What it said
    beside another's answer counts for all but the answers. A later profile replaces an earlier.
    """
    whole = (one for one in profiles if one["stream"] in _STREAMS and one["version"] and not one["slice"])
    newest = {profile_key(one): one for one in whole}
    of_version: dict[str, list[Profile]] = defaultdict(list)
    for profile in newest.values():
        of_version[profile["version"]].append(profile)
    return {version: _live(some) for version, some in of_version.items()}


def _live(profiles: Iterable[Profile]) -> Live:
    some = list(profiles)
    scores = [one for one in some if one["stream"] == "scores"]
    quality = [one for one in some if one["stream"] == "quality" and one["rows"]]
    asked, judged = (sum(one["rows"] for one in each) for each in (scores, quality))
    return {
        "answers": asked - sum(one["beside"] for one in scores),
        "decision_rate": sum(one["decided"] for one in scores) / asked if asked else None,
        "judged": judged,
        "cost": _cost(quality) / judged if judged and all(one["cost"] is not None for one in quality) else None,
        "calibration_error": _calibration_error(quality),
    }


def _cost(quality: Iterable[Profile]) -> float:
    return float(sum(one["cost"] for one in quality))


def _calibration_error(quality: Iterable[Profile]) -> float | None:
    gaps: dict[int, float] = defaultdict(float)
    rows = 0
    for part in (part for one in quality for part in one["reliability"]):
        gaps[part["bin"]] += part["scores"] - part["positives"]
        rows += part["rows"]
    return sum(map(abs, gaps.values())) / rows if rows else None
