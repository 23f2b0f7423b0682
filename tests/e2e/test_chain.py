"""kill -9 of every stage of a chain of three entities in the middle of transactions: everything exactly once."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from services.broker.local import Endpoints
from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.contracts.watermark import Watermark
from tests.e2e.feed import Feed
from tests.e2e.killing import ROUNDS, Scene, play
from tests.e2e.recompute import (
    EVENT,
    FORWARDED,
    FORWARDED_LABEL,
    LABEL,
    TICK,
    outcomes_of,
    partitioned,
    recomputed_outcomes,
    recomputed_vectors,
    vectors_of,
)
from tests.e2e.stream import HOUR, ORDER, Raw, orders_and_returns
from tests.platform import CHAINED, Platform, pipeline_named

STAGES = {
    "validation": "events",
    "features": "features.area",
    "features.area": "features.rider",
    "features.rider": "features",
}
"""Every stage up to the vectors, with the topic it writes."""
MATURITY = 6 * HOUR
pytestmark = pytest.mark.timeout(500)


def delivered(raw: Raw) -> Raw:
    """The order with its area and its rider; one in five is fetched."""
    if raw.kind != ORDER:
        return raw
    digits = "".join(filter(str.isdigit, raw.value["order_id"])) or "0"
    number = int(digits)
    return replace(raw, value=raw.value | {"area": number % 6, "rider": f"r{number % 7}" if number % 5 else None})


@pytest.fixture(scope="module")
def scene(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    name = f"t{uuid.uuid4().hex[:12]}"
    platform = Platform.create(broker, pipeline_named(name, CHAINED), tmp_path_factory.mktemp("chain"))
    made = Scene(platform, Feed(platform), STAGES, ("inference", "outcomes", "lake"))
    try:
        play(made, [delivered(raw) for raw in orders_and_returns(800, seed=5).interleaved()])
        yield made
    finally:
        made.feed.close()
        platform.close()


def test_every_stage_was_killed_in_the_middle_of_its_work(scene: Scene) -> None:
    assert scene.killed == dict.fromkeys(STAGES, ROUNDS)
    assert all(scene.torn[service] for service in STAGES)


def test_every_event_passes_each_stage_once_and_comes_home(scene: Scene) -> None:
    accepted = Counter(one.value["event_id"] for one in scene.platform.read("events", EVENT))
    assert set(accepted.values()) == {1}
    for stage, field in (("features.area", "area"), ("features.rider", "rider")):
        passed = scene.platform.read(stage, FORWARDED)
        assert Counter(one.value["event_id"] for one in passed) == accepted
        keys = {one.key: str(one.value["payload"][field] or "") for one in passed if one.value["payload"][field] != 0}
        assert all(key == named for key, named in keys.items())
        astray = [one for one in passed if one.key and one.partition != partition_of(one.key.encode(), 2)]
        assert astray == []


def test_every_accepted_event_has_one_answer_in_its_partition(scene: Scene) -> None:
    log = partitioned(scene.platform.read("events", EVENT))
    for topic, kind in (("features", "driftmill.FeatureVector"), ("predictions", "driftmill.Prediction")):
        answers = partitioned(scene.platform.read(topic, kind))
        for number, events in log.items():
            expected = [(one.value["seq"], one.value["event_id"], one.key) for one in events]
            assert sorted((one.value["seq"], one.value["event_id"], one.key) for one in answers[number]) == expected
    assert {one.value["status"] for one in scene.platform.read("predictions", "driftmill.Prediction")} == {"ok"}


def test_first_labels_are_passed_on_once(scene: Scene) -> None:
    passed = Counter(one.value["event_id"] for one in scene.platform.read("features.area", FORWARDED_LABEL))
    expected: set[str] = set()
    for records in partitioned(scene.platform.read("events")).values():
        expected |= routable(records)
    assert passed == Counter(expected)
    riders = {one.value["event_id"]: one.value["payload"]["rider"] for one in scene.platform.read("events", EVENT)}
    further = Counter(one.value["event_id"] for one in scene.platform.read("features.rider", FORWARDED_LABEL))
    assert further == Counter(event_id for event_id in expected if riders[event_id])


def routable(records: list[Record]) -> set[str]:
    """Events whose first label came after them and before the watermark had passed their maturity."""
    watermark, events, found = Watermark(), dict[str, int](), set[str]()
    for one in records:
        if one.kind == EVENT:
            events[one.value["event_id"]] = one.value["event_time"]
            watermark.update_event(one.value["event_time"])
        elif one.kind == TICK:
            watermark.update_tick(one.value["time"])
        elif one.kind == LABEL and one.value["revision"] == 0:
            time = events.get(one.value["event_id"])
            if time is not None and (watermark.value is None or time + MATURITY > watermark.value):
                found.add(one.value["event_id"])
    return found


def test_features_are_those_of_one_computation(scene: Scene) -> None:
    assert vectors_of(scene.platform) == recomputed_vectors(scene.platform)


def test_outcomes_are_in_the_order_of_the_log_again(scene: Scene) -> None:
    assert outcomes_of(scene.platform) == recomputed_outcomes(scene.platform)
    found: dict[str, list[int]] = {}
    for one in scene.platform.read("outcomes", "driftmill.Outcome"):
        found.setdefault(one.value["event_id"], []).append(one.value["revision"])
    assert all(revisions == list(range(len(revisions))) for revisions in found.values())
    assert found.keys() >= {one.value["event_id"] for one in scene.platform.read("events", EVENT)}


@pytest.mark.parametrize("topic", ["features.area", "features.rider"])
def test_the_lake_keeps_what_passes_between_stages(scene: Scene, topic: str) -> None:
    from deltalake import DeltaTable

    scene.platform.drained("lake")
    settings = scene.platform.settings
    name = topic.replace(".", "_")
    for table, kind in ((name, FORWARDED), (f"{name}_labels", FORWARDED_LABEL)):
        delta = partial(DeltaTable, f"{settings.store_url}/lake/{settings.pipeline}/{table}")
        rows = delta().to_pyarrow_dataset().to_table(columns=["kafka_partition", "kafka_offset"]).to_pylist()
        kept = sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)
        assert kept == sorted((one.partition, one.offset) for one in scene.platform.read(topic, kind))
