"""The inference hop, with all its duties, beside a bare loop and three peers."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from services.broker.local import Endpoints
from services.contracts.schemas import own_schema, plain
from tests.bench.ground import Contestant, Ground, ground, say
from tests.bench.meter import Rate
from tests.bench.report import Against, compared

RECORDS, FEW = 100_000, 10_000
"""Records of a round, and for who is slow."""
BARE = Contestant("bare", "loops/inference.py")
PEERS = {"quix": FEW, "faust": FEW, "bytewax": RECORDS}
"""How many records each gets in a round."""

_AGAINST = (
    Against("bare", "bare loop: no transactions, no duties", 0.75),
    Against("quix", "Quix Streams, exactly once", 2.5),
    Against("faust", "Faust, at least once", 15.0),
    Against("bytewax", "Bytewax, at least once", 1.0),
)


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Everybody's rates by round."""
    found = []
    for number in range(rounds):
        rates = _round(endpoints, home, number, peers)
        say(", ".join(f"{who} {rate}" for who, rate in rates.items()))
        found.append({who: asdict(rate) for who, rate in rates.items()})
    return {"rounds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    return f"""## The inference hop

Vectors of 30 numbers and 3 categories, each with a tracing header; a logistic champion in ONNX. Ours commits exactly
once and writes the features into the answer; the bare loop writes id and score, no transactions.
{len(found["rounds"])} rounds.

{compared(found["rounds"], "driftmill", _AGAINST)}

What is left between ours and the bare loop are the duties: an answer holds its vector, a header is read and written for
each record, and each record is a named thing that can be dead-lettered.
docs/adr/fast-loop.md says what the parts take."""


def _round(endpoints: Endpoints, home: Path, number: int, peers: bool) -> dict[str, Rate]:
    """Everybody's rate. number: of the round; who begins changes, so that nobody always has the warmer machine."""
    with ground(endpoints, home) as there:
        task = _prepare(there)
        runs: dict[str, Callable[[], Rate]] = {
            "driftmill": lambda: there.of_service("inference", "predictions", RECORDS),
            BARE.name: lambda: there.of_contestant(BARE, task, RECORDS),
        }
        found = {name: runs[name]() for name in (list(runs) if number % 2 else list(reversed(runs)))}
        if peers:
            for name, records in PEERS.items():
                peer = Contestant(name, f"peers/{name}_inference.py", True)
                found[name] = there.of_contestant(peer, task, records)
        return found


def _prepare(there: Ground) -> dict[str, Any]:
    """A champion, vectors with 22 numbers and 3 categories, and what others must know to do the same."""
    platform = there.platform
    resolved = platform.pipeline.resolved
    file = platform.settings.home / "model.onnx"
    file.write_bytes(there.champion())
    there.fill("features", "driftmill.FeatureVector", list(vectors(resolved, RECORDS)))
    return {
        "source": platform.settings.topic("features"),
        "schema": plain(own_schema("driftmill.FeatureVector")),
        "answer_schema": plain(own_schema("driftmill.Prediction")),
        "model": str(file),
        "numbers": resolved.numbers,
        "categories": resolved.categories,
        "batch": platform.settings.batch_records,
        "poll_ms": platform.settings.poll_ms,
    }


def vectors(resolved: Any, count: int) -> list[tuple[str, dict[str, Any]]]:
    """Vectors of 5,000 customers by key."""
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(count, len(resolved.numbers))).astype("<f4")
    kinds = rng.integers(0, 40, size=(count, len(resolved.categories))).tolist()
    entities = rng.integers(0, 5_000, size=count).tolist()
    return [
        (
            f"c{entities[n]}",
            {
                "seq": n,
                "event_id": f"payment-{n:08d}",
                "event_time": 1_700_000_000_000_000 + n * 1_000_000,
                "feature_set": resolved.feature_set,
                "numbers": numbers[n].tobytes(),
                "categories": [f"k{kind}" for kind in kinds[n]],
                "error": None,
            },
        )
        for n in range(count)
    ]
