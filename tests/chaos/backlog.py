"""A million events that lie before the services when they start: memory stays, everything is answered."""

import psutil
from confluent_kafka import Producer

from services.chassis import client
from services.chassis.errors import TransientError
from services.chassis.progress import Progress
from services.contracts.partition import partition_of
from tests.chaos.stage import DATA_PLANE, Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.e2e.stream import ORDER, START
from tests.eventually import eventually

_EVENTS, _SHOPS = 1_000_000, 5_000
_MEMORY = 500_000_000
_PATIENCE = 1_500.0
_LARGE_BATCHES = {"DRIFTMILL_BATCH_RECORDS": "4000", "DRIFTMILL_FLUSH_SECONDS": "20"}


def backlog(world: World) -> Finding:
    """Preload, start, watch the memory of each process until all is worked off."""
    with stage(world.broker.endpoints, world.home, world.seed, orders=1) as made:
        preload(made, _EVENTS)
        made.start(extra=_LARGE_BATCHES)
        # only now: the stream ends with a tick, before which the events of the backlog must lie
        made.traffic.start()
        made.traffic.finish()
        most = dict.fromkeys(DATA_PLANE, 0)
        eventually(lambda: watched(made, most) and is_answered(made), _PATIENCE)
        for service, memory in most.items():
            made.hits[f"{service} below {_MEMORY // 10**6} MB"] = int(memory <= _MEMORY)
        made.hit("events", _EVENTS)
        return found(made, **{f"{service} MB": memory // 10**6 for service, memory in most.items()})


def preload(made: Stage, count: int) -> None:
    """Orders of many shops, 50 ms apart."""
    settings, codec = made.platform.settings, made.platform.codec
    producer, topic = Producer(client.idempotent_producer(settings, "backlog")), settings.topic("events.raw")
    for number in range(count):
        shop = f"shop{number * 7919 % _SHOPS}"
        value = {"order_id": f"b{number}", "at": START + number * 50_000, "shop": shop, "amount": 1.5, "kind": "a"}
        key, data = shop.encode(), codec.encode("events.raw", ORDER, value)
        while True:
            try:
                producer.produce(topic, key=key, value=data, partition=partition_of(key, settings.partitions))
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0


def watched(made: Stage, most: dict[str, int]) -> bool:
    """Note the greatest resident set of each process; always true."""
    made.revived()
    for service, before in most.items():
        try:
            most[service] = max(before, psutil.Process(made[service].pid).memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return True


def is_answered(made: Stage) -> bool:
    """Whether outcomes has nothing left to do."""
    progress = Progress(made.platform.settings, made.platform.pipeline.resolved.stages)
    try:
        return made.pulse.size >= _EVENTS and progress.is_drained("outcomes")
    except TransientError:
        return False
    finally:
        progress.close()


ROWS = (Row("backlog", "1,000,000 events wait when the services start", backlog),)
