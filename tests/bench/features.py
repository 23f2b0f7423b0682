"""The features hop, state on disk and snapshots included, beside Quix Streams with the same windows."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.broker.local import Endpoints
from services.contracts.schemas import own_schema, pipeline_schemas, plain
from tests.bench import cards
from tests.bench.ground import Contestant, Ground, end, ground, say
from tests.bench.meter import Rate, rate_of
from tests.bench.report import Against, compared

RECORDS, FEW = 100_000, 20_000
"""Records of a round, and for who is slow."""
SMALL, LARGE = 5_000, 1_000_000
"""Entities."""
QUIX = Contestant("quix", "peers/quix_features.py", True)
_AGAINST = (Against("quix", "Quix Streams, exactly once", 2.5),)
_ACCEPTED, _VECTOR = "driftmill.EventAccepted", "driftmill.FeatureVector"
_DAY = 86_400_000_000
_WINDOWS = ((_DAY, 12), (7 * _DAY, 7), (28 * _DAY, 7), (91 * _DAY, 7))
"""Length in microseconds and tiles of each window of the pipeline, as docs/features.md says."""


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Rates by round of few and of many entities."""
    found: dict[str, Any] = {"small": [], "load": []}
    for _ in range(rounds):
        found["small"].append(_told(_small(endpoints, home, peers)))
    load, large = _large(endpoints, home, rounds, peers)
    return found | {"load": asdict(load), "large": [_told(one) for one in large]}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    load = Rate(**found["load"])
    return f"""## The features hop

20 window features (count, sum, mean, std and max of 1, 7, 28 and 91 days) of one entity, a row of 568 bytes; exactly
once, state in RocksDB, snapshots included. Quix Streams keeps the same tiles in its RocksDB state and gives the same
values, compared for {FEW:,} vectors; it begins with an empty state and gets {FEW:,} records, which is in its favour.
{len(found["small"])} rounds.

### 5,000 entities, evenly drawn

{compared(found["small"], "driftmill", _AGAINST)}

### 1,000,000 entities, drawn by Zipf's law (1.1), each one's state loaded before

Loading them, each for the first time: {load.per_second:,.0f} records/s, {load.cpu_us:.1f} µs of CPU a record.

{compared(found["large"], "driftmill", _AGAINST)}"""


def _told(rates: Mapping[str, Rate]) -> dict[str, Any]:
    say(", ".join(f"{who} {rate}" for who, rate in rates.items()))
    return {who: asdict(rate) for who, rate in rates.items()}


def _small(endpoints: Endpoints, home: Path, peers: bool) -> dict[str, Rate]:
    with ground(endpoints, home, cards.PIPELINE) as there:
        there.fill("events", _ACCEPTED, cards.accepted(cards.uniform(SMALL, RECORDS)))
        found = {"driftmill": there.of_service("features", "features", RECORDS)}
        if peers:
            found["quix"] = there.of_contestant(QUIX, _task(there), FEW)
            _compare(there)
        return found


def _large(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> tuple[Rate, list[dict[str, Rate]]]:
    """The rate of the first events of entities, then of each round."""
    with ground(endpoints, home, cards.PIPELINE) as there:
        there.fill("events", _ACCEPTED, cards.accepted(cards.each_once(LARGE)))
        drawn = cards.zipf(LARGE, RECORDS * rounds)
        there.fill("events", _ACCEPTED, cards.accepted(drawn, LARGE))
        settings = there.platform.settings
        child, topic = there.platform.start("features"), settings.topic("features")
        try:
            load = rate_of([child], settings, topic, (LARGE // 10, LARGE))
            say(f"loaded at {load}")
            parts = [(LARGE + at * RECORDS, LARGE + (at + 1) * RECORDS) for at in range(rounds)]
            found = [{"driftmill": rate_of([child], settings, topic, part)} for part in parts]
        finally:
            end(child)
    return load, [one | (_quix(endpoints, home) if peers else {}) for one in found]


def _quix(endpoints: Endpoints, home: Path) -> dict[str, Rate]:
    with ground(endpoints, home, cards.PIPELINE) as there:
        there.fill("events", _ACCEPTED, cards.accepted(cards.zipf(LARGE, FEW), LARGE))
        return {"quix": there.of_contestant(QUIX, _task(there), FEW)}


def _task(there: Ground) -> dict[str, Any]:
    """What the peer must know to do the same."""
    platform, resolved = there.platform, there.platform.pipeline.resolved
    schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
    answer: dict[str, Any] = dict.fromkeys(("seq", "event_time"), 0) | {
        "event_id": "",
        "feature_set": resolved.feature_set,
        "numbers": b"",
        "categories": [],
        "error": None,
    }
    return {
        "source": platform.settings.topic("events"),
        "schema": plain(schemas[_ACCEPTED]),
        "answer_schema": plain(own_schema(_VECTOR)),
        "header": platform.codec.encode("features", _VECTOR, answer)[:5].hex(),
        "feature_set": resolved.feature_set,
        "windows": _WINDOWS,
        "batch": platform.settings.batch_records,
        "state": str(platform.settings.home / "quix-state"),
    }


def _compare(there: Ground) -> None:
    """AssertionError unless the peer's numbers are ours, but for its arithmetic."""
    ours, theirs = (_numbers(there, topic) for topic in ("features", there.target(QUIX)))
    assert len(theirs) >= FEW / 2
    for name, numbers in theirs.items():
        np.testing.assert_allclose(numbers, ours[name], rtol=1e-4, atol=1e-3, err_msg=name)


def _numbers(there: Ground, topic: str) -> dict[str, NDArray[np.float32]]:
    values = there.platform.codec.decode_all("features", there.values(topic))
    return {vector["event_id"]: np.frombuffer(vector["numbers"], "<f4") for _, vector in values}
