"""The transactional loop under kill, poison, twins and outages, seen through a real service."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import orjson
import pytest

from services.broker.local import Endpoints
from services.broker.ports import free_ports
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def vectors(platform: Platform, first: int, count: int) -> list[tuple[str, dict[str, Any]]]:
    resolved = platform.pipeline.resolved
    numbers = np.zeros(len(resolved.numbers), "<f4").tobytes()
    return [
        (
            f"shop{seq % 7}",
            {
                "seq": seq,
                "event_id": f"e{seq}",
                "event_time": 1_700_000_000_000_000 + seq,
                "feature_set": resolved.feature_set,
                "numbers": numbers,
                "categories": ["a"] * len(resolved.categories),
                "error": None,
            },
        )
        for seq in range(first, first + count)
    ]


def answered(platform: Platform) -> list[str]:
    return [record.value["event_id"] for record in platform.read("predictions", "driftmill.Prediction")]


def test_kill_9_again_and_again_leaves_exactly_one_answer(platform: Platform) -> None:
    total, step = 24_000, 6_000
    for first in range(0, total, step):
        child = platform.start("inference", DRIFTMILL_BATCH_RECORDS="200")
        platform.publish("features", "driftmill.FeatureVector", vectors(platform, first, step))
        already = first // 2
        eventually(lambda: len(answered(platform)) > already, 30)  # noqa: B023
        platform.kill(child)
    platform.start("inference")
    platform.drained("inference")
    ids = answered(platform)
    assert len(ids) == total
    assert len(set(ids)) == total


def test_sigterm_ends_cleanly_with_everything_committed(platform: Platform) -> None:
    child = platform.start("inference")
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 500))
    platform.drained("inference")
    assert platform.kill(child, signal.SIGTERM) == 0
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 500, 500))
    platform.start("inference")
    platform.drained("inference")
    assert sorted(answered(platform)) == sorted(f"e{n}" for n in range(1000))


def test_poison_goes_to_dead_letters_and_the_rest_flows(platform: Platform) -> None:
    good = vectors(platform, 0, 3)
    encoded = [(k.encode(), platform.codec.encode("features", "driftmill.FeatureVector", v)) for k, v in good]
    bad = {
        "undecodable": encoded[0][1][:-3],
        "unknown_schema": b"\x00\x7f\xff\xff\xff" + encoded[0][1][5:],
        "foreign_schema": platform.codec.encode("audit", "driftmill.AuditRecorded", AUDIT),
    }
    trailing = encoded[0][1] + b"x"
    poison = [*bad.values(), trailing, b"", b"not avro"]
    platform.publish_raw("features", [encoded[0], *[(b"shop0", value) for value in poison], *encoded[1:]])
    platform.start("inference")
    platform.drained("inference")
    assert sorted(answered(platform)) == ["e0", "e1", "e2"]
    letters = platform.read("deadletters.inference")
    reasons = [letter.value["reason"] for letter in letters]
    assert sorted(reasons) == [
        "foreign_schema",
        "undecodable",
        "undecodable",
        "undecodable",
        "undecodable",
        "unknown_schema",
    ]
    assert sorted(letter.value["raw_value"] or b"" for letter in letters) == sorted(poison)


AUDIT = {"audit_id": "1", "actor": "", "action": "", "subject": "", "reason": "", "clock": 0, "evidence": ""}


def test_a_twin_exits_and_the_other_goes_on(platform: Platform) -> None:
    first = platform.start("inference")
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 100))
    platform.drained("inference")
    second = platform.start("inference")
    eventually(lambda: first.poll() is not None or second.poll() is not None, 40)
    assert sorted([first.poll() or 0, second.poll() or 0]) == [0, 75]
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 100, 100))
    platform.drained("inference")
    assert sorted(answered(platform)) == sorted(f"e{n}" for n in range(200))


def test_two_replicas_share_the_partitions_and_one_takes_over(platform: Platform) -> None:
    first, _ = platform.start("inference", 0), platform.start("inference", 1)
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 4000))
    platform.drained("inference")
    platform.kill(first)
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 4000, 4000))
    platform.drained("inference")
    ids = answered(platform)
    assert sorted(ids) == sorted(f"e{n}" for n in range(8000))


def test_an_absent_registry_is_waited_for(platform: Platform) -> None:
    port = free_ports(1)[0]
    nowhere = f"http://127.0.0.1:{free_ports(1)[0]}"
    child = platform.start("inference", DRIFTMILL_SCHEMA_REGISTRY=nowhere, DRIFTMILL_HTTP_PORT=str(port))
    state = eventually(lambda: ready(port), 30)
    eventually(lambda: "schema registry" in ready(port).get("reason", ""), 30)
    assert state["ready"] is False
    assert child.poll() is None


def ready(port: int) -> dict[str, Any]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return orjson.loads(answer.read())  # type: ignore[no-any-return]
    except OSError as error:
        body = getattr(error, "read", lambda: b"{}")()
        return orjson.loads(body or b"{}")  # type: ignore[no-any-return]
