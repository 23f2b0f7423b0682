"""The same log once more, through services that are killed on the way: the same bytes."""

import signal
from collections.abc import Sequence

from confluent_kafka import Producer

from services.chassis import client
from services.contracts.record import Record
from tests.chaos.failpoints import release
from tests.chaos.stage import PATIENCE, Stage, stage
from tests.chaos.world import Finding, Row, World
from tests.e2e.recompute import partitioned
from tests.eventually import eventually
from tests.platform import Platform

_ANSWERING = ("features", "inference", "outcomes")
_ORDERS = 6_000


def replay(world: World) -> Finding:
    """The log of one pipeline is copied into another, whose services make features, predictions and outcomes of it."""
    endpoints = world.broker.endpoints
    with (
        stage(endpoints, world.home, world.seed, orders=_ORDERS, rate=2_000) as first,
        stage(endpoints, world.home, world.seed, orders=1) as second,
    ):
        for made in (first, second):
            release(made)
        first.start()
        first.traffic.start()
        eventually(lambda: first.revived() and first.traffic.is_over, PATIENCE)
        invariants = first.finish()
        copy(first.platform.read("events"), second.platform)
        second.start(_ANSWERING)
        for service in _ANSWERING:
            second.flows(100)
            second[service].signal(signal.SIGKILL)
            second.hit(f"{service} killed")
            second[service].ended()
            second[service].start()
        second.drain()
        differing = {topic: differences(first, second, topic) for topic in ("features", "predictions", "outcomes")}
        invariants[0].checked += sum(number for number, _ in differing.values())
        for topic, (_, wrong) in differing.items():
            for where in wrong:
                invariants[0].breaks(f"{topic} of the replay differ at {where}")
        return Finding(second.hits, second.recoveries, invariants, {t: number for t, (number, _) in differing.items()})


def copy(records: Sequence[Record], to: Platform) -> None:
    """Write the log of one pipeline into another, each record where it stood."""
    producer = Producer(client.idempotent_producer(to.settings, "copy"))
    for one in sorted(records, key=lambda one: (one.partition, one.offset)):
        data = to.codec.encode("events", one.kind, one.value)
        producer.produce(to.settings.topic("events"), key=one.raw_key, value=data, partition=one.partition)
        producer.poll(0)
    assert producer.flush(60) == 0


def differences(first: Stage, second: Stage, topic: str) -> tuple[int, list[str]]:
    """How many records of a topic were compared, and the first places where they differ."""
    one, other = (partitioned(_without_repetitions(made.platform.read(topic))) for made in (first, second))
    wrong = [f"partition {number}: {len(one[number])} and {len(other.get(number, ()))} records" for number in one]
    wrong = [text for text, number in zip(wrong, one, strict=True) if len(one[number]) != len(other.get(number, ()))]
    for number, records in one.items():
        pairs = zip(map(content, records), map(content, other.get(number, ())), strict=False)
        wrong += [f"{number}/{place}" for place, (a, b) in enumerate(pairs) if a != b][:3]
    return sum(map(len, one.values())), wrong


def _without_repetitions(records: Sequence[Record]) -> list[Record]:
    """Without activations of what answers already: a new process names its model and policy again."""
    kept: list[Record] = []
    active: dict[int, tuple[str, str]] = {}
    for record in records:
        if record.kind == "driftmill.ModelActivated":
            named = record.value["model_digest"], record.value["policy_digest"]
            if active.get(record.partition) == named:
                continue
            active[record.partition] = named
        kept.append(record)
    return kept


def content(record: Record) -> tuple[bytes, bytes]:
    """Key and value without the id of the schema, which belongs to the pipeline."""
    return record.raw_key or b"", (record.raw_value or b"")[5:]


ROWS = (Row("replay", "the log is replayed from zero by services that are killed on the way", replay),)
