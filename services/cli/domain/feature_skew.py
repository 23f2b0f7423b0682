"""What served features are beside recomputed ones, as people look at it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.cli.domain.moment import moment
from services.contracts.profile import profile_key
from services.contracts.skew import STREAM, SkewCount, summed

Profile = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureSkew:
    """All windows that were compared. events: of the sample; compared: those of which all was known. sampled: share of
    the entities, the least of all stages and partitions, as of their newest windows. through: end of the newest one, in
    microseconds. features: a row each, those that differ first; last: end of the last window in which it
    differed."""

    events: int
    compared: int
    sampled: float
    through: int
    features: list[dict[str, Any]]


def feature_skew(profiles: Iterable[Profile]) -> FeatureSkew | None:
    """None before a window was compared."""
    newest = {profile_key(one): one for one in profiles if one["stream"] == STREAM}
    windows = sorted(newest.values(), key=lambda one: one["window_end"])
    if not windows:
        return None
    counts = {id(window): [SkewCount.from_record(one) for one in window["skew"]] for window in windows}
    last = {one.name: window["window_end"] for window in windows for one in counts[id(window)] if one.differing}
    total = summed(one for window in windows for one in counts[id(window)])
    rows = [
        one.to_record() | {"last": moment(last.get(one.name))}
        for one in sorted(total.values(), key=lambda one: -one.differing)
    ]
    shares = {(window["slice"], window["partition"]): window["sampled"] for window in windows}
    return FeatureSkew(
        events=sum(window["rows"] for window in windows),
        compared=sum(next((one.rows for one in counts[id(window)]), 0) for window in windows),
        sampled=min(shares.values()),
        through=windows[-1]["window_end"],
        features=[{"feature": row.pop("name"), **row} for row in rows],
    )
