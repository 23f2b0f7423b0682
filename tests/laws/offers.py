"""Windows of answers of a version that takes flight, and the registry that lets it."""

from services.contracts.record import Record
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.offer import Offer
from services.registry.domain.plan import Plan, Stage
from tests.laws.control import HOUR, START, candidates
from tests.laws.flow import APPENDED, Topics

_CLOSED = "driftmill.ProfileClosed"

_STAGES = (Stage("shadow", 0.0, HOUR, 600), Stage("canary", 0.25, HOUR, 600), Stage("canary", 1.0, HOUR, 600))
PLAN = Plan(stages=_STAGES, guards=("errors",), partitions=2)


def released() -> Topics:
    """The same candidates, and windows of answers in which the last good one is asked beside the baseline."""
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
    records = [Record("profiles", 0, offset, APPENDED, "", _CLOSED, value) for offset, value in enumerate(profiles)]
    return {**candidates(), "profiles": records}


def judged(offer: Offer) -> Verdict:
    """All but two are good."""
    good = offer.candidate["version"] not in ("v2", "v5")
    return Verdict(good, (Criterion("better", good, 0.1, 0.0, -0.2, 0.2, 100, "better: as told"),))
