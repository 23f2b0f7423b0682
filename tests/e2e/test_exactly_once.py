"""kill -9 of every service of the data plane in the middle of transactions, time and again: everything exactly once."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.broker.local import Endpoints
from services.contracts.record import Record
from tests.e2e.feed import Feed
from tests.e2e.killing import ROUNDS, Scene, play
from tests.e2e.recompute import (
    EVENT,
    LABEL,
    outcomes_of,
    partitioned,
    recomputed_outcomes,
    recomputed_vectors,
    vectors_of,
)
from tests.e2e.stream import ORDER, RETURN, TICK, Raw, Stream, orders_and_returns
from tests.platform import Platform, pipeline_named

ANSWERS = {"validation": "events", "features": "features", "inference": "predictions", "outcomes": "outcomes"}
"""Each service of the data plane with the topic it writes."""
pytestmark = pytest.mark.timeout(400)
Place = tuple[str, int, int]


@pytest.fixture(scope="module")
def scene(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("once")
    name = f"t{uuid.uuid4().hex[:12]}"
    platform = Platform.create(broker, pipeline_named(name), home)
    made = Scene(platform, Feed(platform), ANSWERS)
    platform.publish_raw("events.raw", [(b"shop1", b"neither Avro nor JSON")])
    try:
        play(made, astray(orders_and_returns(1_400, seed=11)))
        yield made
    finally:
        made.feed.close()
        platform.close()


def astray(stream: Stream) -> list[Raw]:
    """The stream with some orders put into a partition where they don't belong."""
    return [
        replace(raw, partition=1 - raw.place(2)) if raw.kind == ORDER and number % 97 == 0 else raw
        for number, raw in enumerate(stream.interleaved())
    ]


def settled_elsewhere(platform: Platform) -> set[Place]:
    """Where raw records stood that were refused, or moved to their own partition."""
    letters, refused = platform.read("deadletters.validation"), platform.read("events.quarantined")
    found = [
        (one.value["source_topic"], one.value["source_partition"], one.value["source_offset"])
        for one in (*letters, *refused)
    ]
    moved = [place for one in platform.read("events.raw") if (place := moved_from(one)) is not None]
    assert letters
    assert refused
    assert moved
    places = {*found, *moved}
    assert len(places) == len(found) + len(moved)
    return places


def moved_from(record: Record) -> Place | None:
    position = dict(record.headers).get("dm-moved")
    if position is None:
        return None
    topic, partition, offset = position.decode().split("/")
    return topic, int(partition), int(offset)


def test_every_service_was_killed_in_the_middle_of_its_work(scene: Scene) -> None:
    assert scene.killed == dict.fromkeys(ANSWERS, ROUNDS)
    assert all(scene.torn[service] for service in ANSWERS)


@pytest.mark.parametrize(
    ("topic", "kind", "id_field", "accepted"),
    [("events.raw", ORDER, "order_id", EVENT), ("labels", RETURN, "order_id", LABEL)],
)
def test_every_raw_record_is_accepted_or_refused_once_and_in_order(
    scene: Scene, topic: str, kind: str, id_field: str, accepted: str
) -> None:
    elsewhere = settled_elsewhere(scene.platform)
    log = partitioned(scene.platform.read("events", accepted))
    for number, records in partitioned(scene.platform.read(topic)).items():
        kept = [one for one in records if (topic, number, one.offset) not in elsewhere and one.kind != TICK]
        assert {one.kind for one in kept} == {kind}
        assert [one.value[id_field] for one in kept] == [one.value["event_id"] for one in log[number]]
        assert [one.key for one in kept] == [one.key for one in log[number]]


def test_every_accepted_event_has_its_number_and_one_answer_in_order(scene: Scene) -> None:
    log = partitioned(scene.platform.read("events", EVENT))
    for topic, kind in (("features", "driftmill.FeatureVector"), ("predictions", "driftmill.Prediction")):
        answers = partitioned(scene.platform.read(topic, kind))
        for number, events in log.items():
            expected = [(one.value["seq"], one.value["event_id"], one.key) for one in events]
            assert [seq for seq, *_ in expected] == list(range(len(expected)))
            assert [(one.value["seq"], one.value["event_id"], one.key) for one in answers[number]] == expected
    assert {one.value["status"] for one in scene.platform.read("predictions", "driftmill.Prediction")} == {"ok"}


def test_features_are_those_of_one_computation(scene: Scene) -> None:
    assert vectors_of(scene.platform) == recomputed_vectors(scene.platform)


def test_every_event_has_one_first_outcome_and_corrections_count_up(scene: Scene) -> None:
    found: dict[str, list[int]] = {}
    for one in scene.platform.read("outcomes", "driftmill.Outcome"):
        # while kills last, labels may run ahead by the clock: their orphans stand beside the events' outcomes
        if one.value["status"] != "orphan":
            found.setdefault(one.value["event_id"], []).append(one.value["revision"])
    assert all(revisions == list(range(len(revisions))) for revisions in found.values())
    assert found.keys() >= {one.value["event_id"] for one in scene.platform.read("events", EVENT)}
    assert max(map(len, found.values())) > 1
    assert outcomes_of(scene.platform) == recomputed_outcomes(scene.platform)


def test_every_window_is_told_once(scene: Scene) -> None:
    inputs = [one for one in scene.platform.read("profiles") if one.value["stream"] == "inputs"]
    windows = [(one.value["partition"], one.value["window_start"]) for one in inputs]
    assert len(windows) == len(set(windows))
    accepted = scene.platform.read("events", EVENT)
    assert sum(one.value["rows"] for one in inputs) == len(accepted)
