"""Keys as producers choose them, and more records than can be taken now: lag grows on Kafka, memory doesn't."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.loop import WAITING_LIMIT
from services.chassis.progress import Progress
from services.chassis.step import Waiting
from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.validation.step import LedgerState, ValidationStep
from tests.e2e.stream import MINUTE, ORDER, START, TICK
from tests.eventually import eventually
from tests.integration.loop_thread import looping
from tests.platform import Platform, pipeline_named

PARTITIONS = 2
BACKLOG = 2 * WAITING_LIMIT + 5_000
NEVER_IDLE = 600_000.0
HOT, COLD = (
    next(shop for shop in map("shop{}".format, range(40)) if partition_of(shop.encode(), PARTITIONS) == number)
    for number in range(PARTITIONS)
)


class Watched(ValidationStep):
    """Validation that notes how much it was ever shown of each partition."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform.pipeline, PARTITIONS, merge_idle_ms=NEVER_IDLE)
        self.most = dict.fromkeys(range(PARTITIONS), 0)

    def take(self, state: LedgerState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        number = state.ledger.partition
        self.most[number] = max(self.most[number], len(waiting["events.raw"].records))
        return super().take(state, waiting, limit)


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path, PARTITIONS)
    yield made
    made.close()


def order(name: str, shop: str, at: int) -> dict[str, Any]:
    return {"order_id": name, "at": at, "shop": shop, "amount": 1.0, "kind": "a"}


def told_until(platform: Platform, shop: str, time: int) -> None:
    """No label from before `time` will come to the partition of a shop, so its events may pass."""
    platform.publish("labels", TICK, [(shop, {"time": time})])


def taken(progress: Progress, partition: int) -> int:
    return progress.committed("validation")["events.raw", partition][0]


def ids(platform: Platform, partition: int) -> list[tuple[int, str]]:
    accepted = platform.read("events", "driftmill.EventAccepted")
    return [(one.value["seq"], one.value["event_id"]) for one in accepted if one.partition == partition]


def test_a_hot_key_that_must_wait_fills_no_memory_and_holds_nobody_up(platform: Platform) -> None:
    times = [START + number * 1_000 for number in range(BACKLOG)]
    hot = [(HOT, order(f"hot{number}", HOT, at)) for number, at in enumerate(times)]
    cold = [(COLD, order(f"cold{number}", COLD, at)) for number, at in enumerate(times[:500])]
    for some in (hot, cold):
        platform.publish("events.raw", ORDER, some)
    told_until(platform, COLD, times[-1])
    step, progress = Watched(platform), Progress(platform.settings, platform.pipeline.resolved.stages)
    hot_number, cold_number = (partition_of(shop.encode(), PARTITIONS) for shop in (HOT, COLD))
    with looping(platform, "validation", step):
        eventually(lambda: taken(progress, cold_number) == len(cold), 60)
        eventually(lambda: step.most[hot_number] > WAITING_LIMIT, 60)
        assert taken(progress, hot_number) == 0
        told_until(platform, HOT, times[-1] + 1)
        eventually(lambda: taken(progress, hot_number) == len(hot), 60)
        eventually(lambda: not progress.has_open_transaction(["events"]))
    progress.close()
    assert step.most[hot_number] <= WAITING_LIMIT + platform.settings.batch_records
    assert ids(platform, hot_number) == [(number, f"hot{number}") for number in range(len(hot))]
    assert ids(platform, cold_number) == [(number, f"cold{number}") for number in range(len(cold))]


def test_events_without_a_key_or_with_an_odd_one_come_home_once(platform: Platform) -> None:
    shops = [HOT, COLD, "café ☕", "\U0001f3ea", " ", "a" * 300]
    values = [order(f"o{number}", shops[number % len(shops)], START + number * MINUTE // 60) for number in range(600)]
    producer = Producer(client.idempotent_producer(platform.settings, "test"))
    for number, value in enumerate(values):
        key = (None, value["shop"].encode(), b"\xff\xfe", b"")[number % 4]
        data, partition = platform.codec.encode("events.raw", ORDER, value), number // 2 % PARTITIONS
        producer.produce(platform.settings.topic("events.raw"), key=key, value=data, partition=partition)
    assert producer.flush(30) == 0
    platform.start("validation")
    platform.drained("validation")
    accepted = platform.read("events", "driftmill.EventAccepted")
    assert sorted(one.value["event_id"] for one in accepted) == sorted(value["order_id"] for value in values)
    assert {one.key for one in accepted} == set(shops)
    assert all(one.partition == partition_of(one.key.encode(), PARTITIONS) for one in accepted)
    assert platform.read("events.quarantined") == platform.read("deadletters.validation") == []
