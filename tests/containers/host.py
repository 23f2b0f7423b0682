"""What a user's programs on the host do: send events by HTTP and by Kafka, read the answers, ask Prometheus."""

import json
import threading
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from time import monotonic
from typing import Any, TypeVar

import pandas as pd
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

from services.ingestion.adapters.source import read_source
from tests.containers.stack import ROOT

Rows = list[dict[str, Any]]
Value = TypeVar("Value")

PIPELINE = "payments"
SOURCE = ROOT / "pipelines" / PIPELINE / "source.py"
STREAM = {"events": "20000", "days": "60", "fraud": "0.06", "drift": "none"}
"""Enough for a model."""
_POST_ROWS = 100
_HTTP_SECONDS = 30


class TooLate(Exception):
    """A condition did not come true within its limit."""


def until(what: str, condition: Callable[[], Value], within: float) -> Value:
    """Ask twice a second until the condition is truthy. Raises TooLate."""
    deadline, pause = monotonic() + within, threading.Event()
    while not (value := condition()):
        if monotonic() > deadline:
            raise TooLate(f"{what}: not within {within:g} s")
        pause.wait(0.5)
    return value


def small_stream(events: int) -> tuple[Rows, Rows]:
    """The first payments of the generator, and what they turned out to be."""
    paid, judged = read_source(SOURCE, None, 7, STREAM)
    return _rows(paid[:events]), _rows(judged[:events])


def post(port: int, path: str, rows: Rows) -> int:
    """Send rows to the intake in portions; returns how many it has confirmed."""
    confirmed = 0
    for first in range(0, len(rows), _POST_ROWS):
        status, answer = _request(port, "POST", path, json.dumps(rows[first : first + _POST_ROWS]))
        if status != 202:
            raise TooLate(f"the intake answered {status}: {answer}")
        confirmed += answer["accepted"]
    return confirmed


def produce(bootstrap: str, rows: Rows) -> int:
    """Write events to Kafka as JSON; returns how many it has confirmed."""
    failures: list[Any] = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2_random"})
    for row in rows:
        producer.produce(
            f"{PIPELINE}.events.raw",
            key=row["customer_id"],
            value=json.dumps(row),
            on_delivery=lambda error, _message: failures.append(error) if error else None,
        )
    left = producer.flush(60)
    if failures or left:
        raise TooLate(f"Kafka did not take {left} events: {failures[:1]}")
    return len(rows)


class Committed:
    """Reads the committed records about events of a topic, from its beginning; `values` holds them by partition."""

    def __init__(self, bootstrap: str, registry: str, topic: str, partitions: int = 2) -> None:
        self._decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "containers",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # it outlives the restart that it looks at
                "log_level": 0,
                "reconnect.backoff.ms": 500,
            }
        )
        self._consumer.assign([TopicPartition(f"{PIPELINE}.{topic}", number, 0) for number in range(partitions)])
        self.values: dict[int, Rows] = {number: [] for number in range(partitions)}

    def poll(self) -> int:
        """Take in what has come; returns the number of records so far."""
        for message in self._consumer.consume(1000, 0.5):
            if message.error() is None:
                value = self._decode(message.value(), None)
                # there are also records about models and about the watermark
                if isinstance(value, dict) and "event_id" in value:
                    self.values[message.partition() or 0].append(value)
        return sum(map(len, self.values.values()))

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def targets(port: int) -> dict[str, str]:
    """Health of each target of Prometheus."""
    _, answer = _request(port, "GET", "/api/v1/targets?state=active")
    return {one["labels"]["instance"]: one["health"] for one in answer["data"]["activeTargets"]}


def metric(port: int, query: str) -> float:
    """The first value that a query of Prometheus gives; 0 for none."""
    _, answer = _request(port, "GET", f"/api/v1/query?query={query}")
    found: Sequence[Any] = answer["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0


def _rows(table: pd.DataFrame) -> Rows:
    rows: Rows = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def _request(port: int, method: str, path: str, body: str | None = None) -> tuple[int, Any]:
    # http.client knows no proxies
    connection = HTTPConnection("127.0.0.1", port, timeout=_HTTP_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
