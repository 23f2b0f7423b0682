"""Windows of answers of a version that takes flight, and the registry that lets it."""

from typing import Any

import orjson

from services.contracts.record import Record
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.offer import Offer
from services.registry.domain.plan import Plan, Stage
from tests.laws.control import HOUR, START, candidates
from tests.laws.flow import APPENDED, Topics

_STAGES = (Stage("shadow", 0.0, HOUR, 600), Stage("canary", 0.25, HOUR, 600), Stage("canary", 1.0, HOUR, 600))
_COST = {"alone": 0.125, "alone_p99": 0.25, "together": 1.75, "mib": 10.0}
PLAN = Plan(stages=_STAGES, guards=("errors", "latency"), partitions=2)


def released() -> Topics:
    """The same candidates, windows of answers in which the last good one is asked beside the baseline, and what scoring
    took of it and of others."""
    pairs = {"other": "baseline", "rows": 300, "answered": 300, "failed": 0, "positives": 0, "other_positives": 0}
    pairs |= {"disagreements": 0, "error": 0.0, "other_error": 0.0, "absolute": 0.0, "other_absolute": 0.0}
    profiles = [
        {"stream": stream, "version": version, "partition": partition, "slice": "", "rows": 300, "fields": []}
        | {"window_start": START + hour * HOUR, "window_end": START + (hour + 1) * HOUR, "closed_at": 0}
        | {"pairs": [pairs | {"wrong": 0, "other_wrong": 0, "difference_squares": 0.0}] if stream == "shadow" else []}
        for hour in range(6)
        for partition in range(PLAN.partitions)
        for stream, version in (("scores", "baseline"), ("shadow", "v4"), ("shadow", "v9"), ("inputs", ""))
    ]
    served = [
        {"process": f"small.inference-{number % 2}", "version": version, "rows": 70, "calls": 9}
        | {"milliseconds": 2.0 + number, "slowest": 0.5}
        for number in range(7)
        for version in ("v1", "v4", "v9")
    ]
    records = _records("profiles", "driftmill.ProfileClosed", profiles)
    costs = _records("costs", "driftmill.ServingMeasured", served)
    return {**_promising(candidates()), "profiles": records, "costs": costs}


def _records(topic: str, kind: str, values: list[dict[str, Any]]) -> list[Record]:
    return [Record(topic, 0, offset, APPENDED, "", kind, value) for offset, value in enumerate(values)]


def _promising(topics: Topics) -> Topics:
    """Candidates whose manifests say what serving them takes."""
    manifest = orjson.dumps({"cost": _COST})
    offered = [one._replace(value={**one.value, "manifest": manifest}) for one in topics["candidates"]]
    return {**topics, "candidates": offered}


def judged(offer: Offer) -> Verdict:
    """All but two are good."""
    good = offer.candidate["version"] not in ("v2", "v5")
    return Verdict(good, (Criterion("better", good, 0.1, 0.0, -0.2, 0.2, 100, "better: as told"),))
